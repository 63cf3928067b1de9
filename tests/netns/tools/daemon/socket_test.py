#!/usr/bin/env python3
"""Asks real daemons over their sockets, as flatlan does on a real node: who is there, which address is whose, what a
person does when a node, a registry or a database is lost.

usage: socket_test.py FLATLAND FLATLAN_CNI FLATLAN_REACH FLATLAN CHECK_ANSWERS [UNITTEST-ARGUMENT...]
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from daemon_cluster import Cluster, Network, enter_own_namespaces, eventually

PROGRAMS = dict(zip(["flatland", "flatlan-cni", "flatlan-reach", "flatlan", "check_answers"], sys.argv[1:6]))
EPOCH = "/flatlan/v1/default/epoch"


class SocketTest(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(PROGRAMS)
        self.addCleanup(self.cluster.close)

    def ask(self, node, *words, status=0):
        """What flatlan prints on that node."""
        done = self.ask_any(node, *words)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}\n{node.log_text()}")
        return done

    def json(self, node, *words, schema=None, status=0):
        text = self.ask(node, *words, "--output", "json", status=status).stdout
        checked = subprocess.run([PROGRAMS["check_answers"], schema or "-".join(words[:2]), "-"], input=text,
                                 capture_output=True, text=True, check=False)
        self.assertIn(checked.returncode, (0, 77), checked.stdout)
        return json.loads(text)

    def findings(self, node):
        answer = json.loads(self.ask_any(node, "ipam", "check", "--output", "json").stdout)
        return {(each["kind"], each["subject"]) for each in answer["findings"]}

    def ask_any(self, node, *words):
        return node.network.run(PROGRAMS["flatlan"], *words, "--socket", node.socket, check=False,
                                env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})

    def until_gone(self, node, name):
        """Until the sign of life of `name` has ended, as `node` sees it."""
        def is_gone():
            nodes = json.loads(self.ask_any(node, "node", "status", "-o", "json").stdout)["nodes"]
            return any(each["name"] == name and not each["ready"] for each in nodes)
        eventually(is_gone, f"{name} gives no sign of life")


class StatusTest(SocketTest):
    def test_a_node_tells_of_itself_and_of_the_others(self):
        self.cluster.start(2)
        one, two = self.cluster.nodes
        eventually(lambda: self.json(one, "node", "status")["nodes"], "n1 knows n2")
        status = self.json(one, "node", "status")
        self.assertTrue(status["ready"])
        self.assertEqual((status["node"], status["cluster"], status["interface"]), ("n1", "default", "eth0"))
        self.assertEqual(status["registry"], "etcd http://172.31.0.250:2379")
        self.assertLess(status["confirmed_age_s"], 60)
        self.assertEqual(status["leased"], 2, "its own addresses and a pod")
        self.assertEqual([each["name"] for each in status["nodes"]], ["n2"])
        other = self.json(one, "node", "status", "n2", schema="node-other")
        self.assertEqual(other["underlay"], "172.31.0.2")
        self.assertEqual(other["blocks"], self.json(two, "node", "status")["blocks"])
        self.assertRegex(self.ask(one, "node", "status").stdout, r"node n1 of cluster default: Ready\n(.|\n)*n2 +Ready")
        self.assertIn("there is no node 'n7' (expected n1, n2)",
                      self.ask(one, "node", "status", "n7", status=1).stderr)

    def test_trouble_lasts_until_all_is_written(self):
        self.cluster.start(1, pods=0)
        node = self.cluster.nodes[0]
        folder = node.conflist.parent
        shutil.rmtree(folder)
        folder.write_text("no folder")
        self.another_node_joins("n2", 2)
        eventually(lambda: f"write '{node.conflist}'" in node.log_text(), node.log_text)
        self.another_node_joins("n3", 3)
        eventually(lambda: len(self.json(node, "node", "status", status=1)["nodes"]) == 2, node.log_text)
        status = self.json(node, "node", "status", status=1)
        self.assertFalse(status["ready"])
        self.assertIn(str(node.conflist), status["reason"])
        self.assertEqual(node.log_text().count(f"write '{node.conflist}'"), 1, node.log_text())
        self.assertNotIn("all is well again", node.log_text())
        folder.unlink()
        self.another_node_joins("n4", 4)
        eventually(lambda: "all is well again" in node.log_text(), node.log_text)
        self.assertTrue(self.json(node, "node", "status")["ready"])

    def another_node_joins(self, name, host):
        """After which each node has done a round."""
        node = self.cluster.add_node(name, host)
        node.start()
        node.wait_ready()

    def test_a_damaged_node_file_is_written_again(self):
        self.cluster.start(1)
        node = self.cluster.nodes[0]
        node.node_file.write_text(node.node_file.read_text()[:20])
        self.another_node_joins("n2", 2)
        eventually(lambda: "leaseFile" in node.node_file.read_text(), node.log_text)
        node.remove_pod("n1-0")
        self.assertEqual(self.json(node, "node", "status")["leased"], 1, "its own addresses")

    def test_what_stands_in_the_tunnels_way_is_the_reason(self):
        node = self.cluster.add_node()
        node.network.run("ip", "link", "add", "flat0", "type", "bridge")
        node.start()

        def reason():
            return json.loads(self.ask_any(node, "node", "status", "-o", "json").stdout or "{}").get("reason", "")

        eventually(lambda: "an interface 'flat0' that is no VXLAN device" in reason(), node.log_text)
        node.network.run("ip", "link", "del", "flat0")
        node.wait_ready()
        eventually(lambda: reason() == "", node.log_text)

    def test_a_node_with_blocks_waits_for_its_registry(self):
        self.cluster.start(1, pods=0)
        node = self.cluster.nodes[0]
        self.assertEqual(node.stop(), 0)
        self.cluster.etcd.kill()
        node.start()
        eventually(lambda: "goes on without the registry" in node.log_text(), node.log_text)

        def waits():
            status = json.loads(self.ask_any(node, "node", "status", "-o", "json").stdout or "{}")
            return "etcd cannot be reached" in status.get("reason", "") and not status["claims_paused"]

        eventually(waits, node.log_text)
        self.assertNotIn("rebuild --confirm", self.ask(node, "node", "status", status=1).stdout)

    def test_a_cluster_without_a_free_block_is_told_of_once(self):
        flags = ["--pod-cidrs", "10.7.0.0/30", "--block-size-ipv4", "30"]
        self.cluster.start(1, pods=0, flags=flags)
        none = "no IPv4 block of the cluster is free"
        late = self.cluster.add_node(flags=flags)
        late.start()
        eventually(lambda: none in late.log_text(), late.log_text)
        self.assertIn(none, self.json(late, "node", "status", status=1)["reason"])
        full = self.cluster.nodes[0]
        while json.loads(self.ask_any(full, "node", "status", "-o", "json").stdout)["free"]:
            full.add_pod(f"further-{len(full.pods)}")
        eventually(lambda: none in full.log_text(), full.log_text)
        status = self.json(full, "node", "status", status=1)
        self.assertEqual(status["reason"], "it has no IPv4 address left, and no block of the cluster is free")
        for node in (late, full):
            self.assertEqual(node.log_text().count(none), 1, node.log_text())

    def test_a_node_that_waits_for_its_registry_says_so(self):
        self.cluster.etcd.kill()
        node = self.cluster.add_node()
        node.start()
        eventually(lambda: "waits for the registry: " in node.log_text(), node.log_text)
        status = self.json(node, "node", "status", status=1)
        self.assertFalse(status["ready"])
        self.assertIn("etcd cannot be reached: http://172.31.0.250:2379", status["reason"])
        self.assertIn("flatland is not that far yet", self.ask(node, "ipam", "show", status=1).stderr)
        self.cluster.etcd.start()
        node.wait_ready()
        self.json(node, "node", "status")

    def test_a_socket_where_nobody_or_another_one_listens(self):
        self.cluster.start(1, pods=0)
        node = self.cluster.nodes[0]
        other = self.cluster.add_node()
        other.socket = node.socket
        other.start()
        self.assertEqual(other.process.wait(timeout=60), 1)
        self.assertIn(f"--socket: another flatland listens on '{node.socket}'", other.log_text())
        node.kill()
        for words in (["node", "status"], ["node", "remove", "n2"], ["ipam", "rebuild", "--confirm"]):
            told = self.ask(node, *words, status=1).stderr
            self.assertIn("connect to ", told)
            self.assertIn("(expected a machine on which flatland runs, or its socket by --socket FILE)", told)
        node.start()  # in the place of what the killed one left
        eventually(lambda: self.ask_any(node, "node", "status").returncode == 0, node.log_text)
        self.assertEqual(node.stop(), 0)
        self.assertFalse(node.socket.exists())


class AuditTest(SocketTest):
    def test_leases_stand_beside_the_registrys_claims(self):
        self.cluster.start(2)
        one, two = self.cluster.nodes
        shown = self.json(one, "ipam", "show")
        self.assertTrue(shown["registry_asked"])
        owners = {block["block"]: (block["node"], block["state"]) for block in shown["blocks"]}
        for node, state in ((one, "serving"), (two, "claimed")):
            for block in self.json(node, "node", "status")["blocks"]:
                self.assertEqual(owners[block], (node.name, state))
        self.assertEqual({lease["key"] for lease in shown["leases"]}, {"node:n1", "flatlan/n1-0/eth0"})
        self.assertIn("node n1: nothing is wrong", self.ask(one, "ipam", "check").stdout)
        self.json(one, "ipam", "check")

        self.cluster.etcd.kill()
        done = self.ask(one, "ipam", "show")
        self.assertRegex(done.stdout, r"n1 +10\.244\.\S+/26 +serving")
        self.assertRegex(done.stderr, "this machine's data alone: .*etcd cannot be reached")
        self.assertFalse(self.json(one, "ipam", "check")["registry_asked"])
        self.assertIn("etcd cannot be reached", self.ask(one, "node", "remove", "n2", status=1).stderr)
        # The node says what works without it and what does not, and it is so.
        eventually(lambda: "but claims no block" in self.ask(one, "node", "status").stdout, one.log_text)
        one.add_pod("meanwhile")

    def test_a_leak_is_found_and_released(self):
        self.cluster.start(1)
        node = self.cluster.nodes[0]
        node.pods.pop("n1-0").close()  # and nobody calls DEL
        self.assertEqual(self.findings(node), {("leaked_lease", "flatlan/n1-0/eth0")})
        self.assertIn("would release flatlan/n1-0/eth0", self.ask(node, "ipam", "gc", "--dry-run").stdout)
        self.assertIn("released flatlan/n1-0/eth0", self.ask(node, "ipam", "gc").stdout)
        self.assertEqual(self.findings(node), set())
        self.json(node, "ipam", "gc")

    def test_addresses_that_are_kept_back(self):
        self.cluster.start(1, pods=0, flags=["--pod-cidrs", "10.244.0.0/26", "--exclude", "10.244.0.0/30",
                                             "--reserve", "10.244.0.4,10.244.0.6/31"])
        node = self.cluster.nodes[0]
        self.assertEqual(self.json(node, "node", "status")["overlay"], ["10.244.0.5"])
        self.assertEqual(node.add_pod("p1").addresses, ["10.244.0.8"])

        def ask_for(address, container):
            pod = Network()
            self.addCleanup(pod.close)
            return node.plugin("ADD", container, pod, CNI_ARGS=f"IP={address}")

        self.assertEqual(ask_for("10.244.0.7", "p2")[1]["ips"][0]["address"], "10.244.0.7/32")
        for address, reason in (("10.244.0.3", "excluded"), ("10.244.0.7", "flatlan/p2/eth0"),
                                ("10.244.0.5", "node:n1"), ("192.0.2.1", "192.0.2.1")):
            status, answer = ask_for(address, "p3")
            self.assertEqual((status, answer["code"]), (1, 106), answer)
            self.assertIn(reason, answer["msg"])
        shown = self.json(node, "ipam", "show")["blocks"][0]
        self.assertEqual((shown["excluded"], shown["reserved"], shown["leased"]), (4, 2, 3))

        other = self.cluster.add_node(flags=["--exclude", "10.244.0.9"])
        other.start()
        self.assertEqual(other.process.wait(timeout=60), 2, other.log_text())
        self.assertIn("the cluster has excluded prefixes 10.244.0.0/30, this node's settings 10.244.0.9/32",
                      other.log_text())

    def test_without_its_daemon_a_node_shows_its_database(self):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/run"], check=True)
        node = self.cluster.add_node(flags=["--pod-cidrs", "10.244.0.0/26", "--exclude", "10.244.0.0/30"])
        node.socket = pathlib.Path("/run/flatlan/flatland.sock")
        node.node_file = pathlib.Path("/run/flatlan/node.json")
        node.start()
        node.wait_ready()

        # Without labs of this user's: /tmp's folder for them may be another's.
        runtime = tempfile.TemporaryDirectory()
        self.addCleanup(runtime.cleanup)

        def show():
            return node.network.run(PROGRAMS["flatlan"], "ipam", "show",
                                    env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0",
                                         "XDG_RUNTIME_DIR": runtime.name})

        self.assertIn("node n1: 10.244.0.0/26", show().stdout)
        node.stop()
        done = show()
        self.assertIn(f"database {node.folder}/state/leases.sqlite", done.stdout)
        self.assertRegex(done.stderr, "flatland does not answer: .*\n.*no registry was asked")
        self.assertRegex(done.stdout, r"10\.244\.0\.0/26 .* 4 +59\n")  # what is kept back is not free
        self.assertNotIn("not known", done.stderr)


class RebuildTest(SocketTest):
    def test_a_damaged_database_is_made_from_live_pods_and_the_registry(self):
        self.cluster.start(2, pods=2)
        one = self.cluster.nodes[0]
        blocks = self.json(one, "node", "status")["blocks"]
        one.kill()
        for file in (one.folder / "state").glob("leases.sqlite-*"):
            file.unlink()
        (one.folder / "state" / "leases.sqlite").write_text("this was a database once, and of some length")
        one.start()
        eventually(lambda: "waits for its leases: " in one.log_text(), one.log_text)
        status = self.json(one, "node", "status", status=1)
        self.assertRegex(status["reason"], "leases.sqlite.*flatlan ipam rebuild")

        rebuilt = self.json(one, "ipam", "rebuild")
        self.assertEqual(rebuilt["blocks"], blocks)
        self.assertEqual({lease["key"] for lease in rebuilt["adopted"]},
                         {"node:n1", "flatlan/n1-0/eth0", "flatlan/n1-1/eth0"})
        self.assertTrue(pathlib.Path(rebuilt["kept_aside"]).exists())
        eventually(lambda: self.ask_any(one, "node", "status").returncode == 0, one.log_text)
        one.add_pod("after")
        self.assertEqual(self.json(one, "node", "status")["blocks"], blocks, "the node is who it was")
        self.assertEqual(self.findings(one), set())
        self.cluster.expect_no_address_twice()
        self.cluster.expect_all_reachable()

    def test_a_database_that_was_deleted_is_made_from_live_pods_and_the_registry(self):
        self.cluster.start(2, pods=2)
        one = self.cluster.nodes[0]
        blocks = self.json(one, "node", "status")["blocks"]
        for running in (True, False):
            if not running:
                self.assertEqual(one.stop(), 0)
            for file in (one.folder / "state").glob("leases.sqlite*"):
                file.unlink()
            if not running:
                (one.folder / "state" / "leases.sqlite").touch()
                one.start()
            self.expect_no_leases(one, "there is no database of leases" if running else "is missing, and pods' leases")
            rebuilt = self.json(one, "ipam", "rebuild")
            self.assertEqual(rebuilt["blocks"], blocks)
            eventually(lambda: self.ask_any(one, "node", "status").returncode == 0, one.log_text)
            one.add_pod(f"after-{running}")
        self.assertEqual(self.json(one, "node", "status")["blocks"], blocks)
        self.cluster.expect_no_address_twice()
        self.cluster.expect_all_reachable()

    def test_a_node_that_was_removed_begins_with_no_leases(self):
        self.cluster.start(2, pods=0)
        one, two = self.cluster.nodes
        self.assertEqual(two.stop(), 0)
        eventually(lambda: self.ask_any(one, "node", "remove", "n2").returncode == 0, one.log_text)
        for file in (two.folder / "state").glob("leases.sqlite*"):
            file.unlink()
        two.conflist.unlink()
        two.start()
        two.wait_ready()
        for node in (one, two):
            node.add_pod(f"{node.name}-after")
        self.cluster.expect_all_reachable()

    def expect_no_leases(self, node, refusal):
        """Neither daemon nor plugin goes on as if there had never been a pod."""
        def is_told():
            asked = self.ask_any(node, "node", "status", "-o", "json")
            return asked.returncode == 1 and "is missing, and pods' leases with it" in asked.stdout
        eventually(is_told, node.log_text)
        with self.assertRaisesRegex(AssertionError, refusal):
            node.add_pod("meanwhile")

    def test_blocks_of_another_node_are_none_to_rebuild_with(self):
        self.cluster.start(2)
        one, two = self.cluster.nodes
        block = self.json(two, "node", "status")["blocks"][0]
        refused = self.ask(one, "ipam", "rebuild", "--force", "--blocks", block, status=2)
        self.assertIn(f"block {block} is node 'n2's", refused.stderr)
        self.assertIn("is not damaged", self.ask(one, "ipam", "rebuild", status=1).stderr)
        self.assertEqual(self.json(one, "node", "status")["leased"], 2)

    def test_claims_go_on_without_a_node_that_will_not_come_back(self):
        self.cluster.start(3, pods=0)
        one, _, gone = self.cluster.nodes
        eventually(lambda: "n3" in (one.folder / "state" / "memory.json").read_text(), "n1 remembers n3")
        gone.kill()
        self.cluster.etcd.kill()
        self.cluster.etcd.lose_data()
        self.cluster.etcd.start()

        def awaits_the_third_alone():
            status = json.loads(self.ask_any(one, "node", "status", "-o", "json").stdout)
            return status["claims_paused"] and status["awaited"] == ["n3"]

        eventually(awaits_the_third_alone, one.log_text)
        self.assertIn("awaits n3", self.ask(one, "node", "status").stdout)
        confirmed = self.json(one, "ipam", "rebuild", "--confirm", schema="ipam-rebuild-confirm")
        self.assertEqual(confirmed, {"cluster": "default", "was_paused": True, "without": ["n3"]})
        late = self.cluster.add_node("n4", 4)
        late.start()
        late.wait_ready()
        eventually(lambda: "nothing was to be confirmed" in
                   self.ask(one, "ipam", "rebuild", "--confirm").stdout, one.log_text)


class RemovalTest(SocketTest):
    def test_a_node_that_was_removed_and_comes_back_in_time(self):
        self.cluster.start(3, flags=["--offline-max", "6s"])
        one, two, gone = self.cluster.nodes
        self.cluster.expect_all_reachable()
        self.assertIn("node 'n3' is alive (expected a node whose flatland is stopped, or --force)",
                      self.ask(one, "node", "remove", "n3", status=1).stderr)
        self.assertIn("the cluster has no node 'n33'", self.ask(one, "node", "remove", "n33", status=1).stderr)
        blocks = self.json(gone, "node", "status")["blocks"]
        gone.kill()
        self.until_gone(one, "n3")
        self.assertEqual(sorted(self.json(one, "node", "remove", "n3")["blocks"]), sorted(blocks))
        self.assertEqual(self.json(one, "node", "remove", "n3")["blocks"], [], "it is removed already")
        eventually(lambda: not any(each["name"] == "n3" for each in
                                   self.json(two, "node", "status")["nodes"]), "n2 forgets n3")

        # Nobody has claimed its blocks meanwhile: they are its own again, and its pod's lease with them.
        gone.start()
        eventually(lambda: self.ask_any(gone, "node", "status").returncode == 0, gone.log_text)
        self.assertEqual(self.json(gone, "node", "status")["blocks"], blocks)
        eventually(lambda: self.json(gone, "node", "status")["lost"] == [], gone.log_text)
        self.assertEqual({lease["key"] for lease in self.json(gone, "ipam", "show")["leases"]},
                         {"node:n3", "flatlan/n3-0/eth0"})
        gone.add_pod("n3-new")
        self.cluster.expect_no_address_twice()
        self.cluster.expect_all_reachable()
        self.assertEqual(self.findings(gone), set())

    def test_what_a_node_had_whose_disk_was_replaced(self):
        self.cluster.start(2, pods=0)
        one, two = self.cluster.nodes
        blocks = self.json(two, "node", "status")["blocks"]
        two.kill()
        shutil.rmtree(two.folder / "state")
        two.conflist.unlink()
        self.until_gone(one, "n2")
        two.start()
        two.wait_ready()
        self.assertEqual(self.findings(two), {("orphaned_block", block) for block in blocks})
        self.assertEqual(sorted(self.json(one, "node", "remove", "n2")["blocks"]), sorted(blocks))
        self.assertEqual(self.findings(two), set())
        two.add_pod("n2-0")
        one.add_pod("n1-0")
        self.cluster.expect_all_reachable()

    def test_a_node_cut_off_until_its_block_is_anothers(self):
        self.cluster.start(2, flags=["--offline-max", "4s", "--reclaim-after", "6s", "--pod-cidrs", "10.244.0.0/27",
                                     "--block-size-ipv4", "28"])
        one, cut = self.cluster.nodes
        self.cluster.expect_all_reachable()
        lost = cut.pods["n2-0"].addresses
        bridge = self.cluster.underlay.network
        bridge.run("ip", "link", "set", f"port{cut.host}", "down")

        def is_refused():
            pod = Network()
            try:
                status, answer = cut.plugin("ADD", "too-late", pod)
                if status == 0:
                    cut.plugin("DEL", "too-late", pod)
                return status != 0 and answer
            finally:
                pod.close()

        answer = eventually(is_refused, "ADD is refused after offlineMax")
        self.assertEqual(answer["code"], 11, answer)
        self.assertIn("has not confirmed", answer["msg"])
        self.assertIn("for longer than offlineMax", self.json(cut, "node", "status", status=1)["reason"])
        eventually(lambda: "node 'n2' has given no sign of life for reclaimAfter" in one.log_text(), one.log_text)
        eventually(lambda: not self.json(one, "node", "status")["nodes"], "n1 forgets n2")
        for pod in range(13):  # more than three quarters of a block
            one.add_pod(f"n1-more-{pod}")
        eventually(lambda: len(self.json(one, "node", "status")["blocks"]) == 2, "n1 has the block that was n2's")

        bridge.run("ip", "link", "set", f"port{cut.host}", "up")
        eventually(lambda: f"the node has lost a block, and 'flatlan/n2-0/eth0' its addresses {lost[0]}" in
                   cut.log_text(), cut.log_text)
        eventually(lambda: "no IPv4 block of the cluster is free" in
                   self.json(cut, "node", "status", status=1)["reason"], cut.log_text)
        self.assertIn("flatlan/n2-0/eth0", self.json(cut, "node", "status", status=1)["lost"])
        self.assertFalse([route for route in cut.network.ip("route") if route["dst"] in lost], "routes of what it lost")
        late = Network()
        self.addCleanup(late.close)
        self.assertEqual(cut.plugin("ADD", "without-a-block", late)[1]["code"], 11)
        cut.remove_pod("n2-0")
        self.cluster.expect_no_address_twice()


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[6:]], verbosity=int(os.environ.get("VERBOSE", "1")))
