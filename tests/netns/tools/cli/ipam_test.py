#!/usr/bin/env python3
"""`flatlan ipam` in a running lab, with faults that are made in its namespaces.

usage: ipam_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import sys
import unittest

from flatlan_program import THREE_NODES, Flatlan, run_tests

BINARY, WHO = sys.argv[1], sys.argv[2]


class Ipam(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        done = cls.flatlan.run("up", cls.flatlan.file(THREE_NODES))
        assert done.returncode == 0, done
        cls.pods = {pod["name"]: pod for pod in cls.flatlan.json("ps")["pods"]}

    def ip(self, pod, *words):
        done = self.flatlan.run("exec", pod, "--", "ip", *words)
        self.assertEqual(done.returncode, 0, done)

    def findings(self):
        answer = self.flatlan.json("ipam", "check", schema="ipam-check")
        status = self.flatlan.run("ipam", "check").returncode
        self.assertEqual(status, 1 if answer["findings"] else 0)
        return [(each["kind"], each["subject"]) for each in answer["findings"]]

    def test_show_draws_the_blocks_and_names_every_lease(self):
        shown = self.flatlan.run("ipam", "show")
        self.assertEqual(shown.returncode, 0, shown)
        self.assertRegex(shown.stdout, r"n1 +10\.244\.0\.0/26 +serving +\[#")
        report = self.flatlan.json("ipam", "show", schema="ipam-show")
        leased = {ip for lease in report["leases"] for ip in lease["addresses"]}
        self.assertLessEqual({ip for pod in self.pods.values() for ip in pod["ips"]}, leased)
        self.assertEqual(sum(block["leased"] for block in report["blocks"]), len(leased))

    def test_nothing_is_wrong_with_a_healthy_lab(self):
        self.assertEqual(self.findings(), [])
        self.assertIn("nothing is wrong", self.flatlan.run("ipam", "check").stdout)
        self.assertEqual(self.flatlan.run("ipam", "gc").stdout, "no lease has leaked\n")
        self.assertEqual(self.flatlan.json("ipam", "gc", "--dry-run", schema="ipam-gc")["leaks"], [])

    def test_an_address_that_two_pods_have_is_found(self):
        address = self.pods["pod-2"]["ips"][0]
        self.ip("pod-1", "address", "add", f"{address}/32", "dev", "lo")
        self.addCleanup(self.ip, "pod-1", "address", "del", f"{address}/32", "dev", "lo")
        self.assertEqual(self.findings(), [("duplicate_address", address)])

    def test_an_address_that_nobody_leased_is_found(self):
        self.ip("pod-1", "address", "add", "10.244.200.7/32", "dev", "eth0")
        self.addCleanup(self.ip, "pod-1", "address", "del", "10.244.200.7/32", "dev", "eth0")
        self.assertEqual(self.findings(), [("unleased_address", "10.244.200.7")])

    def test_a_pod_without_its_address_is_missed_and_its_lease_kept(self):
        address = self.pods["pod-3"]["ips"][0]
        self.ip("pod-3", "address", "del", f"{address}/32", "dev", "eth0")
        self.addCleanup(self.ip, "pod-3", "address", "add", f"{address}/32", "dev", "eth0")
        self.assertEqual(self.findings(), [("namespace_missing", "flatlan/default.pod-3/eth0")])
        self.assertEqual(self.flatlan.run("ipam", "gc").stdout, "no lease has leaked\n")

    def test_a_lab_has_nothing_to_rebuild(self):
        done = self.flatlan.run("ipam", "rebuild")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("memory", done.stderr)


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:])
