#!/usr/bin/env python3
"""`flatlan ps --tunnels`: what went from node to node, where it is counted and where it is not.

usage: tunnels_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import sys
import unittest

from flatlan_program import Flatlan, run_tests

BINARY, WHO = sys.argv[1], sys.argv[2]
LAB = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {{name: counts}}
spec:
  nodes: 2
  podCIDRs: [10.244.0.0/16]
  tunnel: {{{settings}}}
  pods: {{count: 2}}
"""
ECHOES = 5


class Tunnels(unittest.TestCase):
    def setUp(self):
        self.flatlan = Flatlan.of(BINARY, WHO)
        self.addCleanup(self.flatlan.close)

    def after_echoes(self, settings):
        """What the first node's tunnel tells after some echoes to the second's pod; and the same for people."""
        done = self.flatlan.run("up", self.flatlan.file(LAB.format(settings=settings)))
        self.assertEqual(done.returncode, 0, done)
        first, second = self.flatlan.json("ps")["pods"]
        done = self.flatlan.run("exec", first["name"], "--", "ping", "-q", "-c", str(ECHOES), "-i", "0.01",
                                second["ips"][0])
        self.assertEqual(done.returncode, 0, done)
        answer = self.flatlan.json("ps", "--tunnels", schema="ps")
        return answer["nodes"][0]["tunnel"], self.flatlan.run("ps", "--tunnels").stdout

    def test_packets_are_counted_by_peer(self):
        for settings in ("backend: kernel", "backend: kernel, peerCounts: off, senderCheck: on"):
            with self.subTest(settings):
                tunnel, text = self.after_echoes(settings)
                peer, = tunnel["peers"]
                self.assertEqual(peer["node"], "n2")
                for way in ("sent", "received"):  # and what the node itself sends to try its checksums
                    self.assertGreaterEqual(peer[way]["packets"], ECHOES)
                    self.assertEqual(peer[way]["packets"], tunnel[way]["packets"])
                self.assertNotIn("not counted", text)
                self.assertEqual(self.flatlan.run("down", "counts").returncode, 0)

    def test_or_they_are_not_and_it_says_so(self):
        tunnel, text = self.after_echoes("peerCounts: off")
        peer, = tunnel["peers"]
        self.assertEqual([peer["node"], peer["sent"], peer["received"], peer["path_mtu"]], ["n2", None, None, 1450])
        self.assertGreaterEqual(tunnel["sent"]["packets"], ECHOES)
        self.assertIn("n1: peers are not counted: peerCounts is off\n", text)
        self.assertRegex(text, r"\nn1 +n2 +- +- +- +- +1450 ")
        self.assertEqual(self.flatlan.run("exec", "node/n1", "--", "nft", "list", "tables").stdout, "")


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:])
