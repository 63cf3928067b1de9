#!/usr/bin/env python3
"""`flatlan trace` in labs in which nothing is wrong: real packets are seen at every hop, whatever carries them. What it says
of faults is proved in tests/netns/faults.

usage: trace_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import itertools
import re
import shutil
import subprocess
import sys
import unittest

from flatlan_program import Flatlan, run_tests

BINARY, WHO = sys.argv[1], sys.argv[2]
LAB = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {{name: {name}}}
spec:
  nodes: {nodes}
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  underlay: {{cidrs: [{cidr}], topology: {topology}}}
  tunnel: {{backend: {backend}}}
  pods: {{count: 4}}
"""
MIXED_NODES = "[{name: n1, backend: kernel}, {name: n2, backend: user}]"
FORMS = {  # of labs: nodes, underlay's addresses, its topology, backend
    "kernel": ("2", "172.31.0.0/16", "routed", "kernel"),
    "ipv6": ("2", "fd00:31::/64", "routed", "kernel"),
    "bridged": ("2", "172.31.0.0/16", "bridged", "kernel"),
    "direct": ("2", "172.31.0.0/16", "bridged", "direct"),
    "mixed": (MIXED_NODES, "172.31.0.0/16", "routed", "kernel"),
}
ENDS = [("pod-1", "pod-2"), ("pod-2", "pod-1"), ("pod-1", "pod-3"), ("pod-1", "node/n2"), ("node/n1", "pod-2"),
        ("pod-1", "pod-1")]


class Trace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        for name, (nodes, cidr, topology, backend) in FORMS.items():
            text = LAB.format(name=name, nodes=nodes, cidr=cidr, topology=topology, backend=backend)
            done = cls.flatlan.run("up", cls.flatlan.file(text, name + ".yaml"))
            assert done.returncode == 0, done

    def trace(self, lab, *words):
        return self.flatlan.json("trace", "--lab", lab, *words)

    def check_ends(self, lab):
        protocols = itertools.cycle(("icmp", "udp", "tcp"))
        for start, end in ENDS:
            for family in "46":
                protocol = next(protocols)
                with self.subTest(start=start, end=end, family=family, protocol=protocol):
                    report = self.trace(lab, start, end, "--family", family, "--protocol", protocol)
                    self.assertEqual((report["verdict"], report["evidence"]), ("delivered", []), report)
                    for way in (report["hops"], report["return"]):
                        self.assertTrue(all(hop["captured"] for hop in way), report)
                    self.assertEqual(report["hops"][-1]["action"], "receive")
                    self.assertEqual(report["hops"][-1]["node"], report["return"][0]["node"])

    def places(self, lab):
        return [hop["node"] + " " + hop["action"] for hop in self.trace(lab, "pod-1", "pod-2")["hops"]]

    def test_a_tunnel_of_the_kernel_is_followed(self):
        self.check_ends("kernel")
        self.assertEqual(self.places("kernel"), [
            "default/pod-1 send", "node/n1 encapsulate", "node/n1 send", "underlay forward", "node/n2 receive",
            "node/n2 decapsulate", "node/n2 forward", "default/pod-2 receive"])

    def test_an_underlay_of_ipv6_is_followed(self):
        self.check_ends("ipv6")

    def test_an_underlay_that_is_one_link_is_followed(self):
        self.check_ends("bridged")

    def test_a_way_without_a_tunnel_is_followed(self):
        self.check_ends("direct")
        self.assertEqual(self.places("direct"), ["default/pod-1 send", "node/n1 forward", "underlay forward",
                                                 "node/n2 forward", "default/pod-2 receive"])

    def test_a_tunnel_of_ours_is_followed_to_one_of_the_kernel(self):
        self.check_ends("mixed")

    def tables(self, target):
        return self.flatlan.run("exec", "--lab", "kernel", target, "--", "nft", "list", "tables").stdout

    def test_it_leaves_nothing_behind(self):
        targets = ("pod-1", "node/n1")
        for target in targets:
            self.flatlan.run("exec", "--lab", "kernel", target, "--", "nft", "add", "table", "ip", "seen")
        before = {target: self.tables(target) for target in targets}
        self.assertEqual(before["pod-1"], "table ip seen\n")
        self.assertEqual(self.trace("kernel", "pod-1", "pod-2")["verdict"], "delivered")
        self.assertEqual({target: self.tables(target) for target in targets}, before)

    def test_a_service_of_udp_is_not_reached_by_what_the_tunnel_lost(self):
        def nft(rules):
            done = self.flatlan.run("exec", "--lab", "kernel", "node/n2", "--", "nft", rules)
            self.assertEqual(done.returncode, 0, done)
        nft("add table inet guard; add chain inet guard c { type filter hook input priority 0; }; "
            "add rule inet guard c udp dport 4789 counter drop")
        self.addCleanup(nft, "delete table inet guard")
        report = self.trace("kernel", "pod-1", "node/n2", "--protocol", "udp", "--port", "53")
        self.assertEqual((report["verdict"], report["hop"]), ("tunnel_port_blocked", "node/n2"), report)

    @unittest.skipUnless(shutil.which("tshark"), "tshark is missing")
    def test_the_capture_opens_with_a_name_for_each_device(self):
        path = self.flatlan.folder / "run" / "way.pcapng"
        self.trace("kernel", "pod-1", "pod-2", "--pcap", str(path))
        fields = ["frame.interface_name", "vxlan.vni", "icmp.type", "ip.ttl"]
        read = subprocess.run(["tshark", "-r", str(path), "-T", "fields", *(f"-e{field}" for field in fields)],
                              capture_output=True, text=True, timeout=60, check=True)
        lines = [line.split("\t") for line in read.stdout.splitlines()]
        first = {name: (vni, ttl) for name, vni, kind, ttl in reversed(lines) if kind == "8"}
        self.assertEqual(first, {
            "default/pod-1 eth0": ("", "64"), "node/n1 p1": ("", "64"), "node/n1 flat0": ("", "63"),
            "node/n1 eth0": ("1", "64,63"), "underlay u1": ("1", "64,63"), "underlay u2": ("1", "63,63"),
            "node/n2 eth0": ("1", "63,63"), "node/n2 flat0": ("", "63"), "node/n2 p1": ("", "62"),
            "default/pod-2 eth0": ("", "62")})

    def test_what_cannot_be_followed_is_refused_in_a_sentence(self):
        for words, status, said in ((("pod-1", "pod-9"), 2, "no pod or node 'pod-9'"),
                                    (("pod-1", "pod-2", "--port", "0"), 2, "no port"),
                                    (("pod-1", "pod-2", "--pcap", "/nowhere/x"), 2, "/nowhere/x")):
            done = self.flatlan.run("trace", "--lab", "kernel", *words)
            self.assertEqual(done.returncode, status, done)
            self.assertRegex(done.stderr, re.escape(said))


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:])
