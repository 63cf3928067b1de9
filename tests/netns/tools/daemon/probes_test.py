#!/usr/bin/env python3
"""Tests a cluster of real daemons with `flatlan-reach --cluster`: each node's flatland is asked through etcd.

usage: probes_test.py FLATLAND FLATLAN_CNI FLATLAN_REACH [UNITTEST-ARGUMENT...]
"""
import json
import os
import signal
import subprocess
import sys
import unittest

from daemon_cluster import DEADLINE_S, Cluster, enter_own_namespaces, eventually

PROGRAMS = dict(zip(["flatland", "flatlan-cni", "flatlan-reach"], sys.argv[1:4]))
NODES, PODS = 3, 1
MEMBERS = NODES * (PODS + 1)
CHECKS = MEMBERS * MEMBERS * 6


class ProbesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(PROGRAMS)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start(NODES, pods=PODS)
        cls.cluster.expect_all_reachable()

    def words(self, *more):
        return [PROGRAMS["flatlan-reach"], "--cluster", "--socket", self.cluster.nodes[0].socket, *map(str, more)]

    def reach(self, *more):
        done = subprocess.run(self.words(*more), capture_output=True, text=True, timeout=DEADLINE_S * 2, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertNotEqual(done.returncode, 4, done.stderr)
        return done

    def answer(self, *more):
        return json.loads(self.reach("-o", "json", *more).stdout)

    def expect_whole(self):
        """Whole, however busy the machine is: what fails for once may hold at the next try."""
        eventually(lambda: self.last_holds(self.answer()), lambda: json.dumps(self.last)[:2000])
        self.assertEqual(self.last["checks"], CHECKS)

    def last_holds(self, answer):
        self.last = answer
        return answer.get("failed") == 0 and not answer["causes"]

    def expect_nothing_left(self):
        listed = lambda: self.cluster.etcd.control("get", "--prefix", "--keys-only", "/flatlan/probes/").stdout.strip()
        eventually(lambda: not listed(), listed)

    def test_a_whole_cluster_and_nothing_of_the_test_stays(self):
        self.expect_whole()
        self.assertEqual((self.last["pods"], self.last["nodes"]), (NODES * PODS, NODES))
        tried = {trial["kind"]: trial["tried"] for trial in self.last["trials"]}
        self.assertEqual(sorted(tried), ["path_mtu", "stream", "transfer"])
        self.assertGreaterEqual(min(tried.values()), 2 * NODES * (NODES - 1))  # both families, each way between nodes
        self.assertEqual(self.last["path_mtu"], {"min": 1450, "max": 1450})
        self.expect_nothing_left()

    def test_what_a_node_answers_is_no_burden_of_the_others(self):
        """Each node has a copy of what stands below RUN/all/: nothing that grows with the checks."""
        self.expect_whole()
        prefix = "/flatlan/probes/default/"
        parts = [key[len(prefix):].split("/") for key in self.cluster.etcd.keys_written(prefix, prefix + "request")]
        kinds = {whose: {part[2] for part in parts if part[1:2] == [whose]} for whose in ("all", "asker")}
        self.assertLessEqual({"asked", "members", "roster", "ports", "start", "end"}, kinds["all"])
        self.assertLessEqual({"sent", "seen"}, kinds["asker"])
        self.assertFalse(kinds["all"] & {"sent", "seen", "tried", "refused"}, kinds)
        self.assertEqual({part[1] for part in parts if len(part) > 1}, {"all", "asker"})

    def test_a_part_of_it_by_name(self):
        answer = self.answer("--from", "n1-0", "--to", "n3-0", "--protocol", "udp", "--family", "4")
        self.assertEqual((answer["checks"], answer["failed"]), (1, 0), answer)
        done = self.reach("--from", "n1-7")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("n1-7", done.stderr)
        self.expect_nothing_left()

    def nft(self, node, rules):
        node.network.run("nft", "-f", "-", input=f"table inet broken {{\n chain c {{ {rules}; }}\n}}\n")
        self.addCleanup(node.network.run, "nft", "delete", "table", "inet", "broken", check=False)

    def test_a_rewritten_source_is_seen_though_the_answer_comes_back(self):
        first, last = self.cluster.nodes[0], self.cluster.nodes[2]
        self.nft(first, "type nat hook postrouting priority 100;"
                        f" ip daddr {last.pods['n3-0'].addresses[0]} masquerade")
        answer = self.answer("--to", "n3-0", "--family", "4")
        self.assertIn("source_rewritten", [cause["verdict"] for cause in answer["causes"]], answer["causes"])
        self.assertEqual({failure["to"] for failure in answer["failures"]}, {"n3-0"})

    def test_a_rule_that_drops_is_found_by_a_trace_and_its_mend_mends(self):
        """All that fails by it is one cause: over both families, from and to the two other nodes."""
        node = self.cluster.nodes[1]
        self.nft(node, "type filter hook forward priority 0; meta l4proto udp drop")
        words = ("--protocol", "udp", "--pods-only", "--quick")
        answer = self.answer(*words)
        self.assertGreater(answer["failed"], 0)
        for failure in answer["failures"]:
            self.assertTrue({failure["from"][:2], failure["to"][:2]} & {"n2"}, failure)
            self.assertEqual(failure["verdict"], "filtered", failure)
        [cause] = answer["causes"]
        self.assertEqual((cause["verdict"], cause["hop"]), ("filtered", "node/n2"), cause)
        self.assertIn("meta l4proto udp drop", cause["evidence"])
        self.assertTrue(cause["mend"].startswith("nft delete rule inet broken c handle "), cause)
        node.network.run("sh", "-c", cause["mend"])
        eventually(lambda: self.last_holds(self.answer(*words)), lambda: json.dumps(self.last)[:2000])

    def test_large_packets_that_vanish_are_found(self):
        self.nft(self.cluster.nodes[2], "type filter hook forward priority 0; iifname flat0 meta length > 1200 drop")
        answer = self.answer("--from", "n1-0", "--to", "n3-0", "--family", "4")
        self.assertEqual({(failure["property"], failure["verdict"]) for failure in answer["failures"]},
                         {("largest_arrives", "mtu_black_hole"), ("content_kept", "mtu_black_hole")}, answer)
        self.assertIn("meta length > 1200 drop", " ".join(cause["evidence"] for cause in answer["causes"]))
        self.assertEqual(self.answer("--from", "n1-0", "--to", "n3-0", "--family", "4", "--quick")["failed"], 0)
        self.cluster.nodes[2].network.run("nft", "delete", "table", "inet", "broken")
        self.expect_whole()

    def test_what_is_asked_in_other_words_is_refused(self):
        key = "/flatlan/probes/default/request"
        control = self.cluster.etcd.control
        put, get = (lambda key, value: control("put", key, value)), (lambda key: control("get", key).stdout)
        put(key, "test everything")
        for node in self.cluster.nodes:
            eventually(lambda node=node: "was asked for in other words: probe-request record" in node.log_text(),
                       node.log_text)
        for number, record, why in ((7, "node n1\nnode n1\nfamily 4\nprotocol udp", "names 'n1' twice"),
                                    (8, "node n1\nfamily 4\nprotocol udp\npair * nobody", "is called 'nobody'")):
            run = f"/flatlan/probes/default/{number}/"
            put(run + "all/asked", "n1")
            put(run + "all/roster/0", f"flatlan probe-roster 1\nrun {number}\n{record}\nseed 1\n")
            put(run + "all/roster", "1")
            put(key, f"flatlan probe-request 1\nrun {number}\nasker n1\n")
            eventually(lambda run=run, why=why: why in get(run + "asker/refused/n1"), self.cluster.nodes[0].log_text)
            control("del", "--prefix", "/flatlan/probes/")
            eventually(lambda run=run: not get(run + "asker/refused/n1"), "nothing of it stays")
        self.expect_whole()

    def test_a_registry_that_does_not_answer(self):
        self.cluster.etcd.pause()
        self.addCleanup(self.cluster.etcd.resume)
        done = self.reach()
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("etcd", done.stderr)
        self.assertEqual(done.stdout, "")

    @unittest.skipUnless(os.environ.get("FLATLAN_SOAK"), "reduced: waits for a session to end by itself")
    def test_of_an_asker_that_is_killed_nothing_stays(self):
        asker = self.cluster.nodes[0]
        running = subprocess.Popen(self.words(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually(lambda: self.cluster.etcd.control("get", "--prefix", "--keys-only", "/flatlan/probes/").stdout,
                   "it has asked")
        asker.kill()
        out, error = running.communicate(timeout=DEADLINE_S)
        self.assertEqual((running.returncode, out), (1, ""), error)
        self.expect_nothing_left()
        asker.start()
        self.expect_whole()

    def test_a_node_that_does_not_answer_is_named_and_the_others_are_tested(self):
        silent = self.cluster.nodes[1]
        silent.process.send_signal(signal.SIGSTOP)
        self.addCleanup(silent.process.send_signal, signal.SIGCONT)
        done = self.reach("-o", "json")
        self.assertEqual(done.returncode, 1)
        answer = json.loads(done.stdout)
        self.assertEqual([(cause["hop"], cause["pairs"]) for cause in answer["causes"]], [("node/n2", 0)], answer)
        self.assertEqual(answer["failed"], 0, answer["causes"])
        self.assertEqual(answer["nodes"], 2)

    def test_a_pod_whose_namespace_has_vanished_is_missing(self):
        node = self.cluster.nodes[0]
        node.add_pod("gone").close()
        self.addCleanup(node.plugin, "DEL", "gone")
        node.pods.pop("gone")
        answer = self.answer("--to", "gone", "--protocol", "udp", "--family", "4")
        self.assertEqual({(cause["verdict"], cause["hop"]) for cause in answer["causes"]}, {("pod_missing", "gone")},
                         answer)

    def test_one_test_at_a_time(self):
        key = "/flatlan/probes/default/request"
        self.cluster.etcd.control("put", key, "flatlan probe-request 1\nrun 9\nasker n2\n")
        self.addCleanup(self.cluster.etcd.control, "del", "--prefix", "/flatlan/probes/")
        done = self.reach()
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("another test of this cluster is under way, asked for on n2", done.stderr)
        self.assertIn("once it has ended", done.stderr)
        self.assertEqual(self.cluster.etcd.control("get", "--keys-only", key).stdout.strip(), key, "it is another's")
        waiting = subprocess.Popen(self.words("--quick", "-o", "json"), stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        asked = lambda: self.cluster.etcd.control("get", "--prefix", "--keys-only", "/flatlan/probes/").stdout
        eventually(lambda: "/asked" in asked() or waiting.poll() is not None, asked)
        self.cluster.etcd.control("del", key)
        self.assertEqual(json.loads(waiting.communicate(timeout=DEADLINE_S)[0])["nodes"], NODES)

    def test_a_daemon_that_is_not_there(self):
        done = subprocess.run([PROGRAMS["flatlan-reach"], "--cluster", "--socket", "/nonexistent/x.sock"],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/x.sock", done.stderr)


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
