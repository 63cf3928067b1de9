#!/usr/bin/env python3
"""Traces through a cluster of real daemons with `flatlan trace --cluster`: the flatland of each end's node is asked
through etcd.

usage: trace_test.py FLATLAND FLATLAN_CNI FLATLAN_REACH FLATLAN [UNITTEST-ARGUMENT...]
"""
import json
import os
import signal
import socket
import subprocess
import sys
import unittest

from daemon_cluster import DEADLINE_S, UNDERLAY, Cluster, Network, enter_own_namespaces, eventually, socket_in

PROGRAMS = dict(zip(["flatland", "flatlan-cni", "flatlan-reach", "flatlan"], sys.argv[1:5]))
KEYS = "/flatlan/probes/"


class TraceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(PROGRAMS)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start(2)
        cls.cluster.expect_all_reachable()

    def run_trace(self, *words, socket=None):
        done = subprocess.run(
            [PROGRAMS["flatlan"], "trace", "--cluster", "--socket", socket or self.cluster.nodes[0].socket,
             *map(str, words)], capture_output=True, text=True, timeout=DEADLINE_S, check=False,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertNotEqual(done.returncode, 4, done.stderr)
        return done

    def trace(self, *words):
        done = self.run_trace("-o", "json", *words)
        answer = json.loads(done.stdout)
        self.assertNotIn("error", answer, answer)
        self.assertEqual(done.returncode, 0 if answer["verdict"] == "delivered" else 1, answer)
        return answer

    def expect_delivered(self, *words):
        """However busy the machine is: what comes too late for once may come in time at the next try."""
        def delivered():
            self.last = self.trace(*words)
            return self.last["verdict"] == "delivered" and self.last
        return eventually(delivered, lambda: json.dumps(self.last))

    def expect(self, verdict, hop, *words):
        """That verdict at that hop; what mends it, done there as a person would, does so."""
        answer = self.trace(*words)
        self.assertEqual((answer["verdict"], answer["hop"]), (verdict, hop), answer)
        self.assertTrue(answer["reason"] and answer["evidence"] and answer["mend"], answer)
        return answer

    def mend(self, node, answer):
        node.network.run("sh", "-c", answer["mend"])
        self.expect_delivered(answer["from"], answer["to"])

    def expect_nothing_left(self):
        eventually(lambda: not self.cluster.etcd.control("get", "--prefix", "--keys-only", KEYS).stdout.strip(),
                   "nothing of a trace stays in the registry")
        for network in [node.network for node in self.cluster.nodes] + self.cluster.pods():
            eventually(lambda network=network: "flatlan-trace" not in network.run("nft", "list", "tables").stdout,
                       "no filter's tracing stays")

    def nft(self, network, table, chain):
        network.run("nft", "-f", "-", input=f"table {table} {{\n chain c {{ {chain} }}\n}}\n")
        self.addCleanup(network.run, "nft", "delete", "table", *table.split(), check=False)

    def test_a_healthy_way_is_seen_at_every_hop_of_both_machines(self):
        for words in ([], ["--protocol", "udp"], ["--protocol", "tcp", "--family", "6"]):
            answer = self.expect_delivered("n1-0", "n2-0", *words)
            self.assertEqual([(hop["node"], hop["action"]) for hop in answer["hops"]],
                             [("n1-0", "send"), ("node/n1", "encapsulate"), ("node/n1", "send"),
                              ("node/n2", "receive"), ("node/n2", "decapsulate"), ("node/n2", "forward"),
                              ("n2-0", "receive")], answer)
            for hop in answer["hops"] + answer["return"]:
                self.assertTrue(hop["captured"], (words, hop))
            self.assertEqual(answer["evidence"], [], words)
        self.expect_nothing_left()

    def test_the_capture_has_the_packet_at_every_device_of_both_machines(self):
        path = self.cluster.nodes[0].folder / "way.pcapng"
        self.expect_delivered("n1-0", "n2-0", "--family", "4", "--pcap", path)
        fields = ["frame.interface_name", "vxlan.vni", "icmp.type", "ip.ttl"]
        read = subprocess.run(["tshark", "-r", path, "-T", "fields", *(f"-e{field}" for field in fields)],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        lines = [line.split("\t") for line in read.stdout.splitlines()]
        for kind in ("8", "0"):  # echo and its answer
            seen = {(name.split()[0], vni, ttl) for name, vni, of, ttl in lines if of == kind}
            near, far = ("n1", "n2") if kind == "8" else ("n2", "n1")
            self.assertLessEqual({(f"{near}-0", "", "64"), (f"node/{near}", "1", "64,63"),
                                  (f"node/{far}", "1", "64,63"), (f"{far}-0", "", "62")}, seen, read.stdout)
        self.expect_nothing_left()

    def test_a_pod_is_called_as_kubernetes_does_where_only_one_is(self):
        node, pods = self.cluster.nodes[1], []
        for container, name in (("c1", "web"), ("c2", "twin"), ("c3", "twin")):
            pods.append(Network())
            self.addCleanup(pods[-1].close)
            self.addCleanup(node.plugin, "DEL", container, pods[-1])
            status, answer = node.plugin("ADD", container, pods[-1],
                                         CNI_ARGS=f"K8S_POD_NAMESPACE=default;K8S_POD_NAME={name}")
            self.assertEqual(status, 0, answer)
        for name in ("default/web", "web", "c3"):
            self.assertEqual(self.expect_delivered("n1-0", name)["to"], "c3" if name == "c3" else "default/web")
        self.assertIn("no pod or node is called 'twin'", self.run_trace("n1-0", "twin").stderr)

    def test_ends_by_address_of_nodes_and_on_one_machine(self):
        first, second = self.cluster.nodes
        self.assertEqual(self.expect_delivered(second.pods["n2-0"].addresses[1], "node/n1")["family"], 6)
        self.expect_delivered("node/n1", "n2-0")
        self.expect_delivered("n1-0", "n1-0")
        answer = self.expect_delivered(first.pods["n1-0"].addresses[0], "node/n1", "--protocol", "tcp")
        self.assertEqual({hop["node"] for hop in answer["hops"]}, {"n1-0", "node/n1"})

    def test_a_route_that_is_gone_on_the_other_machine(self):
        node = self.cluster.nodes[1]
        address = node.pods["n2-0"].addresses[0]
        node.network.run("ip", "route", "del", address)
        answer = self.expect("no_route", "node/n2", "n1-0", "n2-0")
        self.assertIn(f"ip route replace {address}/32 dev ", answer["mend"])
        self.mend(node, answer)

    def test_a_rule_that_drops_the_tunnels_packets_on_the_other_machine(self):
        node = self.cluster.nodes[1]
        self.nft(node.network, "inet guard", "type filter hook input priority 0; udp dport 4789 counter drop;")
        answer = self.expect("tunnel_port_blocked", "node/n2", "n1-0", "n2-0")
        self.assertIn("udp dport 4789", " ".join(answer["evidence"]))
        self.mend(node, answer)
        self.expect_nothing_left()

    def test_a_service_of_udp_whose_packets_the_other_machine_drops_is_not_reached(self):
        node = self.cluster.nodes[1]
        self.nft(node.network, "inet guard", "type filter hook input priority 0; udp dport 4789 counter drop;")
        self.expect("tunnel_port_blocked", "node/n2", "n1-0", "node/n2", "--protocol", "udp", "--port", "53")

    def test_a_mend_of_a_pod_that_has_no_process(self):
        node = self.cluster.nodes[1]
        pod = node.pods["n2-0"]
        self.nft(pod, "inet guard", "type filter hook input priority 0; meta l4proto icmp counter drop;")
        answer = self.expect("filtered", "n2-0", "n1-0", "n2-0", "--family", "4")
        self.mend(node, answer)

    def test_what_is_between_the_machines_and_drops(self):
        self.nft(self.cluster.underlay.network, "bridge guard",
                 "type filter hook forward priority 0; udp dport 4789 drop;")
        answer = self.expect("underlay_unreachable", "node/n1", "n1-0", "n2-0")
        self.assertIn("172.31.0.2:4789", answer["evidence"][0])
        self.assertTrue(answer["hops"][2]["captured"] and not answer["hops"][3]["captured"], answer["hops"])

    def test_a_rewritten_source_is_seen_though_the_answer_comes_back(self):
        node = self.cluster.nodes[0]
        self.nft(node.network, "ip nat", "type nat hook postrouting priority 100; oifname flat0 masquerade;")
        answer = self.expect("source_rewritten", "node/n1", "n1-0", "n2-0", "--protocol", "udp")
        self.mend(node, answer)

    def test_a_pod_whose_namespace_has_vanished(self):
        node = self.cluster.nodes[1]
        node.add_pod("gone").close()
        self.addCleanup(node.plugin, "DEL", "gone")
        node.pods.pop("gone")
        self.expect_pod_missing("gone")

    def expect_pod_missing(self, name):
        answer = self.trace("n1-0", name)
        self.assertEqual((answer["verdict"], answer["hop"]), ("pod_missing", name), answer)

    def test_a_service_that_is_there_and_one_that_is_not(self):
        pod = self.cluster.nodes[1].pods["n2-0"]
        for protocol, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
            with socket_in(pod, kind=kind) as service:
                service.bind((pod.addresses[0], 0))
                if protocol == "tcp":
                    service.listen()
                words = ("n1-0", "n2-0", "--family", "4", "--protocol", protocol, "--port", service.getsockname()[1])
                self.expect_delivered(*words)
            answer = self.trace(*words)
            self.assertEqual((answer["verdict"], answer["hop"]), ("no_listener", "n2-0"), answer)

    def test_a_machine_that_does_not_answer_is_named_and_nothing_said_of_the_network(self):
        silent = self.cluster.nodes[1]
        silent.process.send_signal(signal.SIGSTOP)
        self.addCleanup(silent.process.send_signal, signal.SIGCONT)
        done = self.run_trace("n1-0", "n2-0")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("n2 did not answer the request", done.stderr)

    def test_what_cannot_be_asked(self):
        for words, why in ((["n1-0", "n2-7"], "n2-0"), (["n1-0", "node/n3"], "node/n"),
                           (["n1-0", "n2-0", "--lab", "x"], "a lab is no cluster"),
                           (["n1-0", "n2-0", "--pcap", "-"], "standard output has the answer"),
                           (["n1-0", "n2-0", "--port", "80", "--protocol", "icmp"], "no ports"),
                           (["n1-0 n2-0", "x"], "no pod or node is called"),
                           (["10.244.0.1", "fd00::1"], "of two families")):
            done = self.run_trace(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (words, done.stderr))
            self.assertIn(why, done.stderr, words)

    def test_a_file_that_cannot_be_written_takes_nothing_else_along(self):
        done = self.run_trace("n1-0", "n2-0", "--pcap", "/nowhere/x")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("delivered", done.stdout)
        self.assertIn("cannot write '/nowhere/x'", done.stderr)
        done = self.run_trace("a", "b", socket="/nonexistent/x.sock")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/x.sock", done.stderr)


class UserBackendTest(unittest.TestCase):
    """The other machine's end of the tunnel is a program, which alone knows what it has dropped."""
    run_trace, trace, expect_delivered = TraceTest.run_trace, TraceTest.trace, TraceTest.expect_delivered

    def setUp(self):
        self.cluster = Cluster(PROGRAMS)
        self.addCleanup(self.cluster.close)
        for flags in ((), ("--backend", "user")):
            self.cluster.add_node(flags=flags).start()
        for node in self.cluster.nodes:
            node.wait_ready()
            node.add_pod(f"{node.name}-0")
        self.cluster.expect_all_reachable()

    def test_a_sender_that_the_other_machine_does_not_take(self):
        underlay = self.cluster.underlay.network
        underlay.run("nft", "-f", "-", input="table netdev guise { chain c {\n"
                     "type filter hook ingress device port1 priority 0;\n"
                     f"udp dport 4789 ip saddr set {UNDERLAY}99\n}}\n}}\n")
        answer = self.trace("n1-0", "n2-0")
        self.assertEqual((answer["verdict"], answer["hop"]), ("sender_rejected", "node/n2"), answer)
        underlay.run("nft", "delete", "table", "netdev", "guise")
        self.expect_delivered("n1-0", "n2-0")


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=2)
