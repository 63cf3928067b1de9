#!/usr/bin/env python3
"""Runs the conformance kit: on flatlan-cni, which passes all of it; and on plugins that break one thing each, which
it must see.

usage: conformance_test.py PLUGIN CNI_NODE FLATLAN [UNITTEST-ARGUMENT...]
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PLUGIN, MAKER, FLATLAN = sys.argv[1:4]
ADDRESSES = "63"  # of a block of 64 one is the node's own
DEADLINE_S = 2400 if os.environ.get("FLATLAN_SOAK") else 500
HERE = pathlib.Path(__file__).resolve().parent

# How a plugin breaks the specification, and the clause that must say so.
BROKEN = {
    "speaks on standard output": "result.form",
    "speaks on DEL": "del.silent",
    "succeeds when it fails": "env.container_missing",
    "has codes of its own": "env.netns_missing",
    "has no message": "env.netns_missing",
    "fails in one version": "input.error_version",
    "does not name variables": "env.names_ifname",
    "tells another address": "result.addresses",
    "tells one address for all": "add.distinct",
    "tells another MAC address": "result.mac",
    "tells another MTU": "result.mtu",
    "tells no sandbox": "result.interface",
    "tells a route that is not there": "result.routes",
    "tells an interface of the node that is not there": "result.node",
    "names no interface": "result.form",
    "names the wrong interface": "result.holder",
    "tells the family always": "result.form",
    "answers VERSION in one version": "version.as_asked",
    "takes any version": "version.incompatible",
    "loses the previous result": "chain.kept",
    "collects all garbage": "gc.valid",
    "collects every network's garbage": "gc.network",
    "does nothing on DEL": "del.container",
    "does nothing on GC": "gc.node",
    "checks nothing": "check.address",
    "finds fault with all": "check.passes",
    "is never ready": "status.ready",
    "is always ready": "status.full",
    "needs CNI_NETNS for DEL": "env.del_without_netns",
    "knows each DEL once": "del.twice",
    "works alone": "concurrent.add",
    "stays half done": "killed.add",
    "adds twice": "add.twice",
    "leaves a process": "add.processes",
    "leaves a device when it fails": "add.clean_failure",
    "leaves a device on the node": "del.node",
    "leaves an address in the container": "del.container",
    "leaves the interface down": "add.interface",
    "reads a part of its input": "input.parts",
    "keeps addresses": "del.releases",
}
SLOWEST = "keeps addresses"  # until all are gone


class ConformanceTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-kit-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prepare = f"{MAKER} {self.folder} 0 1 1"

    def configuration(self, file="configuration.json", **more):
        file = self.folder / file
        file.write_text(json.dumps({"cniVersion": "1.1.0", "name": "flat", "type": "flatlan-cni",
                                    "nodeFile": str(self.folder / "node.json"), **more}))
        return str(file)

    def kit(self, *words):
        return subprocess.run([FLATLAN, "cni", "conformance", *words], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})

    def broken(self, mode):
        program = self.folder / "broken"
        shutil.copy(HERE / "broken_plugin.py", program)
        program.chmod(0o755)
        (self.folder / "broken.mode").write_text(mode)
        (self.folder / "broken.real").write_text(PLUGIN)
        return str(program)


class FlatlanTest(ConformanceTest):
    def test_flatlan_cni_passes_every_clause(self):
        junit = self.folder / "report.xml"
        soak = bool(os.environ.get("FLATLAN_SOAK"))
        if not soak:
            print("[ REDUCED  ] conformance kit: 1 version of 7, 3 rounds of 100", flush=True)
        extent = ["--rounds", "100"] if soak else ["--rounds", "3", "--cni-version", "1.1.0"]
        done = self.kit("--plugin", PLUGIN, "--config", self.configuration(), "--prepare", self.prepare, "--addresses",
                        ADDRESSES, *extent, "--output", "json", "--junit", str(junit))
        self.assertEqual(done.returncode, 0, self.failures(done))
        report = json.loads(done.stdout)
        self.assertEqual(report["failed"], 0)
        self.assertEqual(len(report["supported"]), 7)
        self.assertGreater(report["passed"], 200 if soak else 80)
        # What does not apply to a plugin that is alone in its configuration and makes interfaces.
        idle = {clause["id"] for clause in report["clauses"]
                if all(finding["verdict"] == "not applicable" for finding in clause["findings"])}
        self.assertEqual(idle, {"chain.list"} if soak else {"chain.list", "version.verb"})
        suites = xml.etree.ElementTree.parse(junit).getroot()
        self.assertEqual(int(suites.get("tests")), sum(len(clause["findings"]) for clause in report["clauses"]))
        self.assertEqual(suites.get("failures"), "0")

    @staticmethod
    def failures(done):
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return done.stdout + done.stderr
        return "\n".join(f"{clause['id']} {finding['version']}: {finding['seen']}" for clause in report["clauses"]
                         for finding in clause["findings"] if finding["verdict"] == "fail")

    def test_a_list_with_others_behind(self):
        if not pathlib.Path("/usr/lib/cni/tuning").exists() or os.geteuid() != 0:
            self.skipTest("containernetworking-plugins is not installed, or this is not root")
        file = self.folder / "list.json"
        file.write_text(json.dumps({"cniVersion": "1.0.0", "name": "flat", "plugins": [
            {"type": "flatlan-cni", "nodeFile": str(self.folder / "node.json")},
            # Debian's CHECK looks for a sysctl with IFNAME in its name by just that name.
            {"type": "tuning", "sysctl": {"net.core.somaxconn": "4000"}}]}))
        done = self.kit("--plugin", PLUGIN, "--config", str(file), "--cni-path", "/usr/lib/cni", "--prepare",
                        self.prepare, "--clauses", "chain", "--cni-version", "1.0.0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("ADD, CHECK and DEL of all 2 plugins", done.stdout)


class BrokenTest(ConformanceTest):
    def test_each_breach_is_seen(self):
        for mode, clause in BROKEN.items():
            if mode == SLOWEST and not os.environ.get("FLATLAN_SOAK"):
                print(f"[ REDUCED  ] the plugin that {mode}: tried in soak", flush=True)
                continue
            with self.subTest(mode):
                done = self.kit("--plugin", self.broken(mode), "--config", self.configuration(type="broken"),
                                "--prepare", self.prepare, "--addresses", ADDRESSES, "--clauses", clause,
                                "--cni-version", "1.1.0", "--output", "json")
                self.assertEqual(done.returncode, 1, f"{clause}: {done.stdout}{done.stderr}")
                verdicts = {finding["verdict"] for finding in json.loads(done.stdout)["clauses"][0]["findings"]}
                self.assertIn("fail", verdicts, done.stdout)
                for left in (*self.folder.glob("*.added"), *self.folder.glob("half")):
                    left.unlink()

    def test_what_is_no_plugin(self):
        done = self.kit("--plugin", self.broken("is no plugin"), "--config", self.configuration(type="broken"))
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("does not answer VERSION", done.stderr)


class UseTest(ConformanceTest):
    def test_wrong_use_is_named(self):
        right = self.configuration()
        for words, status, word in (
                (["--config", right], 2, "--plugin"), (["--plugin", PLUGIN], 2, "--config"),
                (["--plugin", "/no/such", "--config", right], 2, "/no/such"),
                (["--plugin", PLUGIN, "--config", "/no/such"], 2, "/no/such"),
                (["--plugin", PLUGIN, "--config", self.configuration("other.json", type="other")], 2, "--cni-path"),
                (["--plugin", PLUGIN, "--config", str(HERE / "broken_plugin.py")], 2, "JSON"),
                (["--plugin", PLUGIN, "--config", right, "--clauses", "nothing"], 2, "--list"),
                (["--plugin", PLUGIN, "--config", right, "--rounds", "0"], 2, "--rounds"),
                (["--plugin", PLUGIN, "--config", right, "--cni-version", "3"], 2, "1.1.0"),
                (["--plugin", PLUGIN, "--config", right, "--junit", "/no/such/x"], 2, "/no/such/x"),
                (["--plugin", PLUGIN, "--config", right, "--prepare", "exit 9"], 2, "--prepare")):
            with self.subTest(words):
                done = self.kit(*words)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertIn(word, done.stderr)

    def test_the_clauses_can_be_listed(self):
        lines = self.kit("--list").stdout.splitlines()
        identifiers = [line.split("\t")[0] for line in lines]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        self.assertTrue(set(BROKEN.values()) <= set(identifiers))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
