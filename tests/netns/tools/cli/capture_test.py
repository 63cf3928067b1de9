#!/usr/bin/env python3
"""`flatlan capture` in a running lab: a real ping is seen at every device that it passes, decoded, and kept for tshark.

usage: capture_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import json
import shutil
import signal
import subprocess
import sys
import unittest

from flatlan_program import CHECK_ANSWERS, DEADLINE_S, Flatlan, run_tests

BINARY, WHO = sys.argv[1], sys.argv[2]
LAB = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {name: capture}
spec:
  nodes: [{name: n1, backend: kernel}, {name: n2, backend: user}]
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  pods: {count: 2}
"""
PING = "icmp or udp port 4789"


class Capture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        done = cls.flatlan.run("up", cls.flatlan.file(LAB))
        assert done.returncode == 0, done
        pods = {pod["name"]: pod["ips"] for pod in cls.flatlan.json("ps")["pods"]}
        cls.one, cls.two = pods["pod-1"][0], pods["pod-2"][0]

    def start(self, *words):
        """The command once it captures."""
        process = self.flatlan.start("capture", *words)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertRegex(process.stderr.readline(), r"^capturing on \d+ places?; Ctrl-C ends it$")
        return process

    def end(self, process, status=0):
        out, err = process.communicate(timeout=DEADLINE_S)
        self.assertEqual(process.returncode, status, err)
        return out, err

    def ping(self, count=1):
        done = self.flatlan.run("exec", "pod-1", "--", "ping", "-q", "-c", str(count), "-i", "0.01", self.two)
        self.assertEqual(done.returncode, 0, done)

    def test_a_ping_is_seen_at_every_device_with_its_outer_and_inner_headers(self):
        process = self.start("all", PING, "--output", "json")
        self.ping()
        process.send_signal(signal.SIGINT)
        out, err = self.end(process)
        packets = [json.loads(line) for line in out.splitlines()]
        self.assertRegex(err, rf"^{len(packets)} packets captured, 0 lost")
        deepest = max(out.splitlines(), key=len)
        fits = subprocess.run([sys.executable, CHECK_ANSWERS, "capture", "-"], input=deepest, capture_output=True,
                              text=True, check=False)
        self.assertIn(fits.returncode, (0, 77), fits.stdout)
        seen = {}
        for packet in packets:
            layers = [header["layer"] for header in packet["headers"]]
            last = packet["headers"][-1]
            if layers[-1] == "icmp" and last["type"] == 8:
                seen.setdefault((packet["place"], packet["direction"]), []).append(
                    (packet["device"], "vxlan" in layers, packet["headers"][-2]["ttl"]))
        self.assertEqual(seen["default/pod-1", "out"], [("eth0", False, 64)])
        self.assertIn(("eth0", True, 63), seen["node/n1", "out"])
        self.assertTrue(any(tunnelled for _, tunnelled, _ in seen["underlay", "in"]), seen)
        self.assertIn(("eth0", True, 63), seen["node/n2", "in"])
        self.assertEqual(seen["default/pod-2", "in"], [("eth0", False, 62)])

    def test_one_place_is_shown_as_text_and_ends_after_so_many_packets(self):
        process = self.start("pod-1", "icmp", "--count", "2")
        self.ping()
        out, err = self.end(process)
        first, second = out.splitlines()
        self.assertRegex(first, rf"^[0-9:.]+ pod-1 eth0 out {self.one} > {self.two} ttl 64 ICMP echo request [0-9.]+, 56 octets$")
        self.assertRegex(second, rf"^[0-9:.]+ pod-1 eth0 in {self.two} > {self.one} ttl 62 ICMP echo reply [0-9.]+, 56 octets$")
        self.assertRegex(err, "^2 packets captured, 0 lost")

    def test_a_filter_holds_on_devices_without_ethernet_too(self):
        process = self.start("node/n2", f"icmp and dst host {self.two}", "--output", "json")
        self.ping(3)
        process.send_signal(signal.SIGTERM)
        packets = [json.loads(line) for line in self.end(process)[0].splitlines()]
        counts = {}
        for packet in packets:
            self.assertEqual(packet["headers"][-1]["layer"], "icmp", packet)
            counts[packet["device"]] = counts.get(packet["device"], 0) + 1
        self.assertEqual(set(counts.values()), {3}, counts)
        self.assertNotIn("eth0", counts)
        self.assertGreaterEqual(len(counts), 2, counts)

    def test_a_file_opens_in_tshark_with_the_devices_names(self):
        path = self.flatlan.folder / "lab.pcapng"
        process = self.start("all", PING, "--pcap", str(path))
        self.ping()
        process.send_signal(signal.SIGINT)
        out, _ = self.end(process)
        read = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "icmp.type"],
                              capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len(read), len(out.splitlines()))
        self.assertIn("default/pod-1 eth0\t8", read)
        self.assertIn("node/n1 eth0\t0", read)

    def test_a_pipe_gets_pcapng_alone(self):
        process = subprocess.Popen(self.flatlan.command("capture", "pod-1", "icmp", "-c", "2", "--pcap", "-"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.flatlan.environment,
                                   cwd=self.flatlan.folder)
        self.addCleanup(process.kill)
        process.stderr.readline()
        self.ping()
        out, _ = process.communicate(timeout=DEADLINE_S)
        read = subprocess.run(["tshark", "-r", "-", "-T", "fields", "-e", "icmp.type"], input=out, capture_output=True,
                              check=True).stdout.split()
        self.assertEqual(read, [b"8", b"0"])

    def test_it_ends_after_so_long(self):
        out, err = self.end(self.start("pod-2", "tcp port 1", "--duration", "1"))
        self.assertEqual(out, "")
        self.assertRegex(err, "^0 packets captured, 0 lost")

    def test_wrong_words_are_told_with_what_would_be_right(self):
        for words, told in ((("pod-1", "no such filter"), "syntax error"), (("pod-9",), "pod-2 or pod-1"),
                            (("pod-1", "host 300.1.1.1"), "300.1.1.1"), (("pod-1", "--count", "0"), "--count")):
            done = self.flatlan.run("capture", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done)
            self.assertIn(told, done.stderr)
        answer = self.flatlan.json("capture", "pod-1", "port port")
        self.assertEqual(answer["error"]["where"], "FILTER")
        self.assertEqual(self.flatlan.run("capture", "--lab", "none", "all").returncode, 1)


if __name__ == "__main__":
    for tool in ("tshark", "setpriv"):
        if shutil.which(tool) is None:
            print(f"skipped: no {tool} on this machine")
            sys.exit(77)
    run_tests(WHO, sys.argv[3:], verbosity=2)
