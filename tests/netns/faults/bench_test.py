#!/usr/bin/env python3
"""The fault bench: every row of fault_table.py is made in a lab. `reach` has to fail, `trace` to name the right hop and the
right reason, and after the mends that are printed, applied as they are, the matrix has to be whole.

All rows under tests/soak, with a line for each, a sample under tests/run.

usage: bench_test.py BINARY root|user BACKEND [UNITTEST-ARGUMENT...]
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools" / "cli"))
from fault_table import DIRECT, KERNEL, ROWS  # noqa: E402
from flatlan_program import Flatlan, run_tests  # noqa: E402

BINARY, WHO, BACKEND = sys.argv[1:4]
LAB = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {{name: bench}}
spec:
  nodes: 3
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  underlay: {{cidrs: [172.31.0.0/16], topology: {topology}}}
  tunnel: {{backend: {backend}{more}}}
  pods: {{count: 4}}
"""
DEADLINE_S = 300  # of one command: reach traces what fails, and that takes long on a busy machine
MENDS_MAX = 8  # of one row: a fault has few parts
SOAK = bool(os.environ.get("FLATLAN_SOAK"))
SAMPLE = 1 if SOAK else 12  # of so many rows the last is made


class Bench(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        topology = "bridged" if BACKEND == DIRECT else "routed"
        # The user backend always checks who sends.
        more = ", senderCheck: on" if BACKEND == KERNEL else ""
        done = cls.flatlan.run("up", cls.flatlan.file(LAB.format(topology=topology, backend=BACKEND, more=more)))
        assert done.returncode == 0, done
        cls.words = {f"{pod['name']}/{6 if ':' in ip else 4}": ip
                     for pod in cls.flatlan.json("ps")["pods"] for ip in pod["ips"]}
        done = cls.flatlan.run("upkeep", "off")
        assert done.returncode == 0, done

    def answer(self, *words):
        """The JSON answer, without a look at its schema, which other tests take."""
        return json.loads(self.flatlan.run(*words, "--output", "json", deadline_s=DEADLINE_S).stdout)

    def filled(self, word):
        for name, address in self.words.items():
            word = word.replace("{" + name + "}", address)
        return word

    def make(self, broken):
        how, *words = broken
        words = [self.filled(word) for word in words]
        if how == "fault":
            done = self.flatlan.run("fault", "add", *words)
        else:
            done = self.flatlan.run("exec", words[0], "--", *words[1:])
        self.assertEqual(done.returncode, 0, (words, done.stderr))

    def trace(self, row, family):
        return self.answer("trace", *row.ends, "--family", family, "--protocol", row.protocol)

    def apply(self, mend):
        """As a person would: the printed line, in a shell that finds flatlan."""
        environment = {**self.flatlan.environment,
                       "PATH": f"{self.flatlan.folder}:{self.flatlan.environment['PATH']}"}
        done = subprocess.run(self.flatlan.as_user("sh", "-c", mend), capture_output=True, text=True, env=environment,
                              cwd=self.flatlan.folder, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, (mend, done.stdout, done.stderr))

    def check(self, row):
        for broken in row.breaks:
            self.make(broken)
        if row.reach_fails:
            report = self.answer("reach")
            self.assertGreater(report["failed"], 0, "reach sees nothing wrong")
            causes = [(cause["verdict"], cause["hop"]) for cause in report["causes"]]
            self.assertIn((row.verdict, row.hop), causes, report["causes"])
        for family in row.families:
            found = self.trace(row, family)
            self.assertEqual((found["verdict"], found["hop"]), (row.verdict, row.hop), found)
        self.mend(row)
        # What is whole by now is not to be broken by taking the fault back.
        self.flatlan.run("fault", "rm", "all")
        report = self.answer("reach")
        self.assertEqual(report["failed"], 0, report["causes"])

    def mend(self, row):
        """The mends of one trace after the other, then those of reach, until it has nothing to say."""
        named = []
        for family in row.families:
            for _ in range(MENDS_MAX):
                found = self.trace(row, family)
                if found["verdict"] == "delivered":
                    break
                named.append((found["verdict"], found["hop"]))
                self.apply(found["mend"])
        if row.then:
            self.assertIn(row.then, named)
        for _ in range(MENDS_MAX):
            report = self.answer("reach")
            if report["failed"] == 0:
                return
            self.apply(report["causes"][0]["mend"])
        self.fail(f"not whole after {named}: {report['causes']}")

    def test_refuses_what_would_break_nothing(self):
        done = self.flatlan.run("fault", "add", "filter-drop", "node/n1", "underlay")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("underlay has no address", done.stderr)
        self.assertEqual(self.answer("fault", "ls")["faults"], [])


def tell(row, held, seconds):
    """The line of a row, as soon as it is known."""
    if SOAK:
        print(f"{BACKEND:6}  {WHO:4}  {'held' if held else 'NOT HELD':8}  {seconds:5.1f} s  {row.name}: "
              f"{row.verdict} at {row.hop}", flush=True)


def add_row(row):
    def test(self):
        began = time.monotonic()
        held = False
        self.addCleanup(self.flatlan.run, "upkeep", "on")
        self.addCleanup(self.flatlan.run, "fault", "rm", "all")
        try:
            self.check(row)
            held = True
        finally:
            tell(row, held, time.monotonic() - began)
    setattr(Bench, "test_" + "".join(letter if letter.isalnum() else "_" for letter in row.name), test)


for number, each in enumerate(ROWS):
    if BACKEND in each.backends and number % SAMPLE == SAMPLE - 1:
        add_row(each)

if __name__ == "__main__":
    run_tests(WHO, sys.argv[4:])
