#!/usr/bin/env python3
"""Drives the real program as a person does: labs, terminals, signals, wrong files, a machine that forbids.

usage: flatlan_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from flatlan_program import DEADLINE_S, THREE_NODES, Flatlan, run_tests, wait_until

BINARY, WHO = sys.argv[1], sys.argv[2]

# A program that says when it listens, then ends with 40 + N on signal N.
CATCH_SIGNALS = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: os._exit(40 + number))
print("ready", flush=True)
while True:
    signal.pause()
"""


def is_alive(pid):
    """False too for a process that ended and that the machine's init has not waited for yet."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


class FlatlanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)

    def ok(self, *words, **options):
        done = self.flatlan.run(*words, **options)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout


class WithoutALab(FlatlanTest):
    def test_ls_and_ps_say_how_to_start_one(self):
        done = self.flatlan.run("ls")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("flatlan up FILE", done.stderr)
        self.assertEqual(self.flatlan.json("ls"), {"labs": []})
        done = self.flatlan.run("ps")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(self.flatlan.json("down")["error"]["code"], "not_found")

    def test_version_and_doctor_answer_in_both_forms(self):
        self.assertRegex(self.ok("version"), r"^flatlan \d+\.\d+\.\d+\n$")
        self.assertEqual(self.flatlan.json("version")["name"], "flatlan")
        report = self.flatlan.json("doctor")
        self.assertTrue(report["can_run_lab"], report)
        names = [check["name"] for check in report["checks"]]
        for name in ("user namespaces", "veth", "vxlan", "tun", "open files", "neighbour table", "netem",
                     "cgroups", "oci runtime"):
            self.assertIn(name, names)
        self.assertIn("This machine can run labs.", self.ok("doctor"))

    def test_doctor_leaves_no_process_and_no_device_behind(self):
        def seen():
            links = pathlib.Path("/sys/class/net").iterdir()
            children = pathlib.Path("/proc/self/task").glob("*/children")
            return sorted(link.name for link in links), "".join(c.read_text() for c in children)
        before = seen()
        self.ok("doctor")
        self.assertEqual(seen(), before)

    def test_a_wrong_lab_file_is_wrong_input_and_makes_nothing(self):
        wrong = {
            "an unknown key": THREE_NODES.replace("nodes: 3", "nods: 3"),
            "no nodes": THREE_NODES.replace("nodes: 3", "nodes: 0"),
            "no label": THREE_NODES.replace("three-nodes", "Three_Nodes"),
            "overlapping prefixes": THREE_NODES + "  underlay: {cidrs: [10.244.7.0/24]}\n",
            "no YAML": "spec: [",
        }
        for what, text in wrong.items():
            with self.subTest(what):
                path = self.flatlan.file(text, "wrong.yaml")
                done = self.flatlan.run("up", path)
                self.assertEqual(done.returncode, 2, done)
                self.assertRegex(done.stderr, r"wrong\.yaml:\d+: ")
                self.assertEqual(done.stdout, "")
                error = self.flatlan.json("up", path)["error"]
                self.assertEqual(error["code"], "invalid_argument")
                self.assertRegex(error["where"], r"wrong\.yaml:\d+$")
        self.assertEqual(self.flatlan.run("up", "nowhere.yaml").returncode, 2)
        self.assertEqual(self.flatlan.json("ls"), {"labs": []})

    def test_a_machine_that_forbids_user_namespaces_is_told_apart(self):
        # In a user namespace of the test's own: none may be made below it, and no capability is left.
        forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all \"$@\""
        wrap = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh"]
        path = self.flatlan.file(THREE_NODES)
        mine = Flatlan(BINARY, os.geteuid())
        self.addCleanup(mine.close)
        done = mine.run("up", path, wrap=wrap)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("user namespaces", done.stderr)
        self.assertIn("sudo sysctl -w user.max_user_namespaces=", done.stderr)
        done = mine.run("doctor", wrap=wrap)
        self.assertEqual(done.returncode, 3, done)
        self.assertRegex(done.stdout, r"missing +user namespaces +user\.max_user_namespaces is 0")


class WithALab(FlatlanTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = cls.flatlan.run("up", cls.flatlan.file(THREE_NODES))
        assert done.returncode == 0, done
        cls.up = done

    def pods(self):
        return self.flatlan.json("ps")["pods"]

    def exec(self, *command, pod="pod-1", **options):
        return self.flatlan.run("exec", pod, "--", *command, **options)

    def test_up_says_what_to_try_next_and_that_works(self):
        self.assertRegex(self.up.stdout, r"^lab three-nodes is Running: 3 nodes, 4 pods, ")
        commands = re.findall(r"^  flatlan (exec .*?)(?:  |$)", self.up.stderr, re.MULTILINE)
        self.assertEqual(len(commands), 1, self.up.stderr)
        self.assertIn(" 0% packet loss", self.ok(*commands[0].split()))

    def test_ls_and_ps_show_it(self):
        (lab,) = self.flatlan.json("ls")["labs"]
        self.assertEqual((lab["name"], lab["state"], lab["nodes"], lab["pods"]), ("three-nodes", "Running", 3, 4))
        self.assertIn("three-nodes  Running      3     4", self.ok("ls"))
        pods = self.pods()
        self.assertEqual([pod["state"] for pod in pods], ["Running"] * 4)
        text = self.ok("ps", "three-nodes")
        for pod in pods:
            self.assertRegex(text, rf"(?m)^{pod['name']} +{pod['node']} +Running +{','.join(pod['ips'])}$")

    def test_what_somebody_breaks_of_a_tunnel_is_put_right_and_counted(self):
        def node():
            return self.flatlan.json("ps")["nodes"][0]

        def peers(table, *words):
            return re.findall(table, self.ok("exec", "node/n1", "--", *words))

        route = peers(r"(10\.244\S+) .*dev flat0", "ip", "route")[0]
        route6 = peers(r"(fd00:10:244:\S+/122) .*dev flat0", "ip", "-6", "route")[0]
        damage = [f"ip route del {route}", f"ip -6 route del {route6}", "ip nexthop flush dev flat0",
                  "ip -6 neighbour flush dev flat0 nud permanent", "ip link set flat0 mtu 1300",
                  "ip link set flat0 down", "ip link del flat0", "sysctl -qw net.ipv4.ip_forward=0",
                  "sysctl -qw net.ipv4.conf.all.rp_filter=1", "ip route flush type unreachable",
                  "bridge fdb del {} dev flat0".format(peers(r"(\S+) dev flat0 dst", "bridge", "fdb")[0])]
        far = self.pods()[-1]
        for command in damage:
            with self.subTest(command):
                before = node()["repairs"]
                self.ok("exec", "node/n1", "--", *command.split())
                wait_until(lambda before=before: node()["repairs"] > before, "a repair")
                self.assertEqual(self.flatlan.run("reach").returncode, 0)
        self.assertIn("REPAIRS", self.ok("ps"))
        self.assertEqual(self.exec("ping", "-c", "1", "-W", "5", far["ips"][0]).returncode, 0)

    def test_a_second_one_of_that_name_is_refused(self):
        error = self.flatlan.json("up", self.flatlan.file(THREE_NODES))["error"]
        self.assertEqual(error["code"], "already_exists")
        self.assertIn("three-nodes", error["message"])
        self.assertEqual(self.flatlan.run("up", self.flatlan.file(THREE_NODES)).returncode, 1)
        self.assertEqual(len(self.pods()), 4)

    def test_exec_reaches_every_pod_by_its_names(self):
        for pod in self.pods():
            for name in (pod["name"], "default/" + pod["name"], *pod["ips"]):
                addresses = self.ok("exec", name, "--", "ip", "-o", "addr")
                for ip in pod["ips"]:
                    self.assertIn(f" {ip}/", addresses)
        self.assertIn("172.31.", self.ok("exec", "node/n2", "--", "ip", "-o", "addr"))

    def test_exec_passes_the_commands_status_and_output_on(self):
        self.assertEqual(self.exec("true").returncode, 0)
        for status in (1, 2, 3, 4, 37, 255):
            self.assertEqual(self.exec("sh", "-c", f"exit {status}").returncode, status)
        done = self.exec("sh", "-c", "cat; echo to-err >&2", text="to-out\n")
        self.assertEqual((done.stdout, done.stderr), ("to-out\n", "to-err\n"))
        self.assertEqual(self.exec("sh", "-c", "kill -KILL $$").returncode, 128 + signal.SIGKILL)

    def test_exec_tells_its_own_failures_from_the_commands(self):
        missing = self.exec("no-such-program")
        self.assertEqual(missing.returncode, 127)
        self.assertIn("no-such-program", missing.stderr)
        self.assertEqual(self.exec("/etc/passwd").returncode, 126)
        unknown = self.exec("true", pod="pdo-1")
        self.assertEqual(unknown.returncode, 125)
        self.assertIn("expected pod-1", unknown.stderr)
        self.assertEqual(self.flatlan.run("exec", "pod-1", "true").returncode, 125)
        self.assertEqual(self.flatlan.run("exec", "--lab", "other", "pod-1").returncode, 125)

    def test_exec_passes_signals_on(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                with self.flatlan.start("exec", "pod-1", "--", "python3", "-c", CATCH_SIGNALS) as process:
                    self.assertEqual(process.stdout.readline(), "ready\n")
                    process.send_signal(number)
                    self.assertEqual(process.wait(DEADLINE_S), 40 + number)

    def test_exec_ends_its_command_when_it_is_killed(self):
        with self.flatlan.start("exec", "pod-1", "--", "python3", "-c", CATCH_SIGNALS) as process:
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.kill()
            process.wait(DEADLINE_S)
            self.assertEqual(process.stdout.read(), "")  # the end: nobody holds the other side any more

    def test_exec_has_the_terminal(self):
        report = "import os, sys; print(sys.stdin.isatty(), sys.stdout.isatty(), os.get_terminal_size().columns)"
        status, shown = self.flatlan.on_terminal("exec", "pod-1", "--", "python3", "-c", report, columns=97)
        self.assertEqual(status, 0, shown)
        self.assertIn("True True 97", shown)

    def test_exec_without_a_command_is_a_shell_on_the_terminal(self):
        with self.flatlan.terminal(*self.flatlan.command("exec", "pod-1")) as terminal:
            terminal.expect(r"[#$] $")
            terminal.press("echo it-is-$((40+2))\n")
            terminal.expect("it-is-42")
            terminal.press("exit 9\n")
            terminal.rest()
            self.assertEqual(terminal.status(), 9)

    def test_ctrl_c_on_the_terminal_interrupts_the_command(self):
        command = self.flatlan.command("exec", "pod-1", "--", "python3", "-c", CATCH_SIGNALS)
        with self.flatlan.terminal(*command) as terminal:
            terminal.expect("ready")
            terminal.press(b"\x03")
            terminal.rest()
            self.assertEqual(terminal.status(), 40 + signal.SIGINT)

    def test_ps_fits_its_terminal_and_honours_no_color(self):
        status, shown = self.flatlan.on_terminal("ps", columns=60)
        self.assertEqual(status, 0)
        self.assertIn("\x1b[32mRunning\x1b[0m", shown)
        for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertNotIn("\x1b", self.ok("ps"))


class TheLifeOfALab(FlatlanTest):
    def up(self, text=THREE_NODES):
        return self.ok("up", self.flatlan.file(text))

    def test_down_leaves_nothing(self):
        self.up()
        supervisor = self.flatlan.json("ls")["labs"][0]["pid"]
        self.assertEqual(self.flatlan.json("down", "three-nodes")["lab"], "three-nodes")
        self.assertFalse(is_alive(supervisor))
        self.assertEqual(self.flatlan.json("ls"), {"labs": []})

    def test_killing_the_supervisor_ends_the_lab(self):
        self.up()
        supervisor = self.flatlan.json("ls")["labs"][0]["pid"]
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: not pathlib.Path(f"/proc/{supervisor}").exists(), "the supervisor is gone")
        self.assertEqual(self.flatlan.json("ls"), {"labs": []})
        self.up()
        self.ok("down")

    def test_two_labs_of_the_same_addresses_live_side_by_side(self):
        self.up()
        self.up(THREE_NODES.replace("three-nodes", "other"))
        self.assertEqual(self.flatlan.run("down").returncode, 2)
        ambiguous = self.flatlan.json("ps")["error"]
        self.assertIn("three-nodes", ambiguous["message"] + ambiguous["expected"])
        for lab in ("other", "three-nodes"):
            self.assertIn("bytes from", self.ok("exec", "--lab", lab, "pod-1", "--", "ping", "-c1", "-W5",
                                                self.flatlan.json("ps", lab)["pods"][1]["ips"][0]))
        self.ok("down", "other")
        self.ok("down")

    def test_apply_changes_what_differs_and_nothing_else(self):
        self.up()
        before = {pod["name"]: (pod["ips"], pod["netns"]) for pod in self.flatlan.json("ps")["pods"]}
        same = self.flatlan.json("apply", self.flatlan.file(THREE_NODES))
        self.assertEqual({key: same[key] for key in same if key.startswith(("nodes", "pods"))},
                         dict.fromkeys(("nodes_added", "nodes_removed", "pods_added", "pods_removed", "pods_changed"), 0))
        more = THREE_NODES.replace("nodes: 3", "nodes: 4").replace("count: 4", "count: 6")
        report = self.flatlan.json("apply", self.flatlan.file(more))
        self.assertEqual((report["nodes_added"], report["pods_added"]), (1, 2))
        after = {pod["name"]: (pod["ips"], pod["netns"]) for pod in self.flatlan.json("ps")["pods"]}
        self.assertEqual(len(after), 6)
        self.assertEqual({name: after[name] for name in before}, before)
        report = self.flatlan.json("apply", self.flatlan.file(THREE_NODES))
        self.assertEqual((report["nodes_removed"], report["pods_removed"]), (1, 2))
        self.ok("down")
        self.assertEqual(self.flatlan.run("apply", self.flatlan.file(THREE_NODES)).returncode, 1)

    def test_a_lab_file_comes_from_standard_input_too(self):
        self.ok("up", "-", text=THREE_NODES)
        self.ok("down")

    def test_ctrl_c_during_up_undoes_the_lab(self):
        large = THREE_NODES.replace("nodes: 3", "nodes: 40").replace("count: 4", "count: 400")
        with self.flatlan.terminal(*self.flatlan.command("up", self.flatlan.file(large))) as terminal:
            terminal.expect(r"nodes \[")
            terminal.press(b"\x03")
            self.assertIn("interrupted", terminal.rest())
            self.assertEqual(terminal.status(), 1)
        self.assertEqual(self.flatlan.json("ls"), {"labs": []})

    def test_up_shows_progress_on_a_terminal_and_erases_it(self):
        status, shown = self.flatlan.on_terminal("up", self.flatlan.file(THREE_NODES))
        self.assertEqual(status, 0, shown)
        self.assertIn("\r\x1b[K", shown)
        self.assertNotIn("[####", shown.split("\r\x1b[K")[-1])
        self.ok("down")


class Reach(FlatlanTest):
    """The proof on real faults: each is made inside the lab by the tools that a person would use."""

    def setUp(self):
        super().setUp()
        self.ok("up", self.flatlan.file(THREE_NODES))
        self.addCleanup(self.flatlan.run, "down")

    def on_node(self, node, *command):
        done = self.flatlan.run("exec", f"node/{node}", "--", *command)
        self.assertEqual(done.returncode, 0, done)

    def verdicts(self, *words):
        answer = self.flatlan.json("reach", *words)
        return {(each["verdict"], each["protocol"]) for each in answer["failures"]}

    def test_a_healthy_lab_is_whole(self):
        answer = self.flatlan.json("reach")
        members = answer["pods"] + answer["nodes"]
        self.assertEqual((answer["failed"], answer["failures"], answer["causes"]), (0, [], []))
        self.assertEqual(answer["checks"], members * members * 3 * answer["checks"] // (members * members * 3))
        self.assertGreaterEqual(answer["checks"], members * members * 3)
        self.assertGreater(answer["rtt_us"]["p50"], 0)
        self.assertEqual(self.flatlan.run("reach").returncode, 0)

    def test_a_masquerade_is_caught_though_answers_come_back(self):
        self.on_node("n1", "nft", "add table ip t")
        self.on_node("n1", "nft", "add chain ip t c { type nat hook postrouting priority srcnat; }")
        self.on_node("n1", "nft", "add rule ip t c oifname flat0 masquerade")
        self.assertEqual(self.verdicts("--family", "4", "--pods-only"),
                         {("source_rewritten", protocol) for protocol in ("icmp", "udp", "tcp")})
        done = self.flatlan.run("reach")
        self.assertEqual(done.returncode, 1)
        self.assertIn("source_rewritten", done.stdout)
        self.on_node("n1", "nft", "delete table ip t")
        self.assertEqual(self.flatlan.run("reach").returncode, 0)

    def test_a_protocol_that_is_dropped_fails_alone(self):
        self.on_node("n2", "nft", "add table inet t")
        self.on_node("n2", "nft", "add chain inet t c { type filter hook forward priority 0; }")
        self.on_node("n2", "nft", "add rule inet t c meta l4proto udp drop")
        self.assertEqual({protocol for _, protocol in self.verdicts("--pods-only")}, {"udp"})

    def test_a_rule_that_hides_a_route_is_named(self):
        # A rule above the tunnel's routes: those would be put right at once.
        remote = next(node for node in self.flatlan.json("ps")["nodes"] if node["name"] == "n3")
        self.on_node("n1", "ip", "rule", "add", "to", remote["blocks"][0], "unreachable")
        answer = self.flatlan.json("reach", "--family", "4", "--pods-only")
        self.assertEqual({(cause["verdict"], cause["hop"]) for cause in answer["causes"]}, {("wrong_route", "node/n1")})

    def test_a_low_limit_of_open_files_is_raised(self):
        # The limit that a login sets is lower than what may be had; each pod and node takes a file.
        done = self.flatlan.run("reach", wrap=["prlimit", "--nofile=9:"])
        self.assertEqual(done.returncode, 0, done)

    def test_too_few_open_files_are_told(self):
        done = self.flatlan.run("reach", wrap=["prlimit", "--nofile=9:9"])
        self.assertNotIn("pod_missing", done.stdout + done.stderr)
        self.assertIn("open files", done.stderr)

    def test_an_unknown_pod_is_wrong_input(self):
        done = self.flatlan.run("reach", "--from", "pod-99")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("pod-99", done.stderr)


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:], verbosity=2)
