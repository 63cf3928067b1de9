#!/usr/bin/env python3
"""What `flatlan reach` says beyond whether small packets pass: sizes, loss, hops; on faults that a person would make.

usage: properties_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from flatlan_program import DEADLINE_S, Flatlan, run_tests  # noqa: E402

BINARY, WHO = sys.argv[1], sys.argv[2]
LAB = """
apiVersion: flatlan/v1
kind: Lab
metadata: {name: properties}
spec:
  nodes: 2
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  pods: {count: 4}
"""
CHAIN = "add table inet t; add chain inet t c {{ type filter hook {hook} priority 0; }}; add rule inet t c {rule}"


class Properties(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        done = cls.flatlan.run("up", cls.flatlan.file(LAB))
        assert done.returncode == 0, done

    def on_node(self, node, *command):
        done = self.flatlan.run("exec", f"node/{node}", "--", *command)
        self.assertEqual(done.returncode, 0, done)

    def fault(self, node, hook, rule):
        self.on_node(node, "nft", CHAIN.format(hook=hook, rule=rule))
        self.addCleanup(self.on_node, node, "nft", "delete table inet t")

    def reach(self, *words):
        """The answer, and what does not hold in it: (property, verdict) of each failure."""
        answer = self.flatlan.json("reach", *words)
        self.assertEqual(answer["failed"], len(answer["failures"]))
        return answer, {(failure["property"], failure["verdict"]) for failure in answer["failures"]}

    def tried(self, *words):
        answer, wrong = self.reach(*words)
        self.assertEqual(wrong, set(), answer["causes"])
        return {trial["kind"]: trial["tried"] for trial in answer["trials"]}

    def test_a_healthy_lab_has_an_exact_path_mtu_and_loses_nothing(self):
        answer, wrong = self.reach()
        self.assertEqual(wrong, set(), answer["causes"])
        self.assertEqual(answer["path_mtu"], {"min": 1450, "max": 1450})
        self.assertGreater(answer["stream_packets"]["sent"], 0)
        self.assertEqual((answer["stream_packets"]["lost"], answer["duplicates"]), (0, 0))
        self.assertLessEqual(answer["rtt_us"]["min"], answer["rtt_us"]["p50"])

    def test_deep_tries_every_pair_and_quick_none(self):
        pairs = 6 * 5 * 2  # of different members, over two families
        self.assertEqual(self.tried("--deep"), {"path_mtu": pairs, "stream": pairs, "transfer": pairs})
        self.assertEqual(self.tried("--quick"), {})
        for count in self.tried().values():
            self.assertTrue(2 * 4 <= count < pairs, count)  # each way between two nodes at least
        self.assertEqual(set(self.tried("--protocol", "tcp", "--family", "6")), {"transfer"})

    def test_a_list_of_pairs_is_tried_alone(self):
        path = self.flatlan.file("pod-1 pod-2   # from one node to the other\nnode/n1 *\n", "pairs")
        answer, wrong = self.reach("--pairs", path, "--quick")
        self.assertEqual((answer["checks"], wrong), ((1 + 6) * 6, set()))

    def test_large_packets_that_vanish_are_found_though_small_ones_pass(self):
        self.fault("n2", "input", "udp dport 4789 meta length > 1300 drop")
        answer, wrong = self.reach("--pods-only")
        self.assertEqual(wrong, {("largest_arrives", "mtu_black_hole"), ("content_kept", "mtu_black_hole")})
        self.assertEqual({(cause["verdict"], cause["hop"]) for cause in answer["causes"]},
                         {("mtu_black_hole", "node/n2")}, answer["causes"])

    def test_loss_that_another_try_makes_good_is_found(self):
        self.fault("n1", "forward", "meta l4proto udp numgen random mod 4 0 drop")
        answer, wrong = self.reach("--pods-only", "--family", "4")
        self.assertIn(("none_lost", "loss"), wrong)
        self.assertGreater(answer["stream_packets"]["lost"], 0)
        self.assertGreater(answer["retried"], 0)

    def test_a_packet_that_was_forwarded_too_often_is_found_though_it_arrives(self):
        self.fault("n1", "forward", "ip ttl set 50")
        answer, wrong = self.reach("--quick", "--pods-only", "--family", "4", "--from", "pod-1")
        self.assertEqual(wrong, {("hops_as_expected", "wrong_route")})
        self.assertIn("TTL", answer["causes"][0]["evidence"])

    def test_a_machine_whose_processors_others_have_is_named(self):
        rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * os.cpu_count())]
        for rival in rivals:
            self.addCleanup(rival.wait)
            self.addCleanup(rival.kill)
        deadline = time.monotonic() + DEADLINE_S
        while True:
            answer, _ = self.reach()
            tester = answer["tester"]
            if answer["tester_overloaded"] and tester["others_ms"] * 4 > tester["processors_ms"] > 0:
                break
            self.assertLess(time.monotonic(), deadline, tester)


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:], verbosity=2)
