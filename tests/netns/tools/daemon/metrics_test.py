#!/usr/bin/python3
"""Scrapes the metrics of flatland on emulated nodes, and reads them with Prometheus' own parser.

usage: metrics_test.py FLATLAND FLATLAN_CNI FLATLAN_REACH README [UNITTEST-ARGUMENT...]
"""
import pathlib
import re
import signal
import stat
import sys
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

from daemon_cluster import Cluster, enter_own_namespaces, eventually

PROGRAMS = dict(zip(["flatland", "flatlan-cni", "flatlan-reach"], sys.argv[1:4]))
README = pathlib.Path(sys.argv[4])
PLACE = "127.0.0.1:9400"


class Metrics:
    """What one scrape has said."""

    def __init__(self, text):
        self.types = {}
        self.values = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.types[sample.name] = family.type
                key = (sample.name, frozenset(sample.labels.items()))
                if key in self.values:
                    raise AssertionError(f"{key} twice")
                self.values[key] = sample.value

    def get(self, name, **labels):
        return self.values.get((name, frozenset(labels.items())))


def scrape(node, place=PLACE):
    where = ["--unix-socket", place, "http://node/metrics"] if place.startswith("/") else [f"http://{place}/metrics"]
    return Metrics(node.network.run("curl", "-sS", "--fail", *where).stdout)


class MetricsTest(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(PROGRAMS)
        self.addCleanup(self.cluster.close)

    def start(self, count=1, pods=1, flags=("--metrics", PLACE)):
        self.cluster.start(count, pods=pods, flags=flags)
        return self.cluster.nodes[0]

    def expect(self, node, value, name, **labels):
        """Waits until a scrape says so."""
        seen = [None]

        def says():
            seen[0] = scrape(node).get(name, **labels)
            return seen[0] == value
        eventually(says, lambda: f"{name} {labels} is {value}, not {seen[0]}")


class ScrapeTest(MetricsTest):
    def test_what_the_documentation_lists_is_what_there_is(self):
        node = self.start(2)
        self.cluster.expect_all_reachable()
        listed = dict(re.findall(r"^\| `(\w+)` \| (counter|gauge) \|", README.read_text(), re.MULTILINE))
        self.assertGreater(len(listed), 20)
        told = scrape(node).types
        self.assertEqual({name for name in listed if name not in told}, {"flatlan_peer_dropped_packets_total"},
                         "only what has not occurred is left out")
        for name, kind in told.items():
            self.assertEqual(listed.get(name), kind, f"{name} in the documentation")

    def test_blocks_addresses_and_peers(self):
        node = self.start(3, pods=2)
        metrics = scrape(node)
        for pool in ("10.244.0.0/16", "fd00:10:244::/56"):
            self.expect(node, 3, "flatlan_pool_blocks_claimed", pool=pool)
            self.assertEqual(metrics.get("flatlan_node_blocks", pool=pool), 1)
            self.assertEqual(metrics.get("flatlan_node_addresses", pool=pool, state="leased"), 3, "two pods, the node")
            self.assertEqual(metrics.get("flatlan_node_addresses", pool=pool, state="free"), 61)
        self.assertEqual(metrics.get("flatlan_pool_blocks", pool="10.244.0.0/16"), 1024)
        self.expect(node, 2, "flatlan_peers", state="alive")
        self.assertEqual(scrape(node).get("flatlan_peer_up", peer="n3"), 1)
        for reason in ("not_joined", "offline", "no_ipv4_address", "no_ipv6_address", "leases_unreadable"):
            self.assertEqual(metrics.get("flatlan_add_refused", reason=reason), 0, reason)
        for part in ("leases", "process", "tunnel"):
            self.assertEqual(metrics.get("flatlan_scrape_success", part=part), 1, part)
        self.assertAlmostEqual(metrics.get("process_start_time_seconds"), time.time(), delta=600)
        node.remove_pod("n1-0")
        self.expect(node, 1, "flatlan_node_addresses", pool="10.244.0.0/16", state="cooling")

    def test_traffic_of_each_peer(self):
        node = self.start(3)
        first, second, _ = self.cluster.pods()
        self.cluster.expect_all_reachable()
        counted = {"flatlan_peer_sent_packets_total n2": 5, "flatlan_peer_received_packets_total n2": 5,
                   "flatlan_peer_sent_packets_total n3": 0, "flatlan_tunnel_sent_packets_total": 5}
        grown = {}

        def is_counted():
            """Again where the nodes themselves sent between the scrapes: each tries its tunnel's checksums with a peer."""
            before = scrape(node)
            first.run("ping", "-c", "5", "-i", "0.01", "-q", second.addresses[0])
            after = scrape(node)

            def growth(name, peer=None):
                labels = {"peer": peer} if peer else {}
                return after.get(name, **labels) - before.get(name, **labels)
            grown.update({key: growth(*key.split()) for key in counted})
            grown["octets"] = growth("flatlan_peer_sent_bytes_total", "n2")
            return {key: grown[key] for key in counted} == counted
        eventually(is_counted, lambda: f"five packets grow the counters by {counted}, not {grown}")
        self.assertGreaterEqual(grown["octets"], 5 * 84)
        for mtu, passed in ((1500, 1450), (1400, 1350)):
            node.network.run("ip", "link", "set", "eth0", "mtu", mtu)
            for peer in ("n2", "n3"):
                self.expect(node, passed, "flatlan_peer_path_mtu_bytes", peer=peer)

    def test_a_repair_counts(self):
        node = self.start(2)
        before = scrape(node).get("flatlan_repairs_total")
        node.network.run("ip", "link", "delete", "flat0")
        eventually(lambda: scrape(node).get("flatlan_repairs_total") > before, "the repair is counted")
        self.cluster.expect_all_reachable()

    def test_reloads(self):
        with open(self.cluster.etcd.folder / "flatland.yaml", "w") as settings:
            settings.write("apiVersion: flatlan/v1\nkind: Daemon\nspec: {metrics: {listen: '127.0.0.1:9400'}}\n")
        node = self.start(flags=("--config", settings.name))
        node.process.send_signal(signal.SIGHUP)
        self.expect(node, 1, "flatlan_reloads_total", result="success")
        pathlib.Path(settings.name).write_text("apiVersion: flatlan/v1\nkind: Daemon\nspec: {metrics: 7}\n")
        node.process.send_signal(signal.SIGHUP)
        self.expect(node, 1, "flatlan_reloads_total", result="failure")
        self.assertEqual(scrape(node).get("flatlan_last_reload_successful"), 0)
        self.assertIn("spec.metrics is no mapping", node.log_text())


class RegistryTest(MetricsTest):
    def test_a_registry_that_is_away_and_comes_back(self):
        node = self.start(flags=("--metrics", PLACE, "--offline-max", "3s"))
        self.expect(node, 1, "flatlan_registry_connected")
        metrics = scrape(node)
        self.assertAlmostEqual(metrics.get("flatlan_registry_last_confirmation_timestamp_seconds"), time.time(),
                               delta=60)
        self.assertLessEqual(metrics.get("flatlan_registry_last_event_timestamp_seconds"), time.time())
        self.cluster.etcd.kill()
        self.expect(node, 0, "flatlan_registry_connected")
        self.expect(node, 1, "flatlan_add_refused", reason="offline")
        self.assertGreater(scrape(node).get("flatlan_failed_rounds_total", code="unavailable"), 0)
        self.assertNotEqual(node.plugin("STATUS", "")[0], 0, "flatlan-cni says the same")
        self.cluster.etcd.start()
        self.expect(node, 1, "flatlan_registry_connected")
        self.expect(node, 0, "flatlan_add_refused", reason="offline")

    def test_a_node_that_waits_for_its_registry_has_metrics(self):
        self.cluster.etcd.kill()
        node = self.cluster.add_node(flags=["--metrics", PLACE])
        node.start()
        eventually(lambda: node.network.run("curl", "-s", f"http://{PLACE}/metrics", check=False).returncode == 0,
                   "the metrics are there")
        self.expect(node, 1, "flatlan_add_refused", reason="not_joined")
        self.assertIsNone(scrape(node).get("flatlan_registry_connected"))
        self.cluster.etcd.start()
        self.expect(node, 0, "flatlan_add_refused", reason="not_joined")


class PlaceTest(MetricsTest):
    def answer(self, node, *words):
        done = node.network.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{content_type}", *words)
        return done.stdout

    def test_nobody_listens_unless_asked(self):
        node = self.start(flags=())
        self.assertEqual(node.network.run("ss", "-Hltn").stdout, "")

    def test_other_machines_are_refused_unless_said_so(self):
        node = self.cluster.add_node()
        node.start("--metrics", "172.31.0.1:9400")
        self.assertEqual(node.process.wait(timeout=60), 2)
        self.assertIn("--metrics: other machines could read the metrics at 172.31.0.1:9400 (expected an address of "
                      "this machine alone", node.log_text())
        node.start("--metrics", "172.31.0.1:9400", "--metrics-remote", "allow")
        node.wait_ready()
        other = self.cluster.add_node()
        self.assertEqual(scrape(other, "172.31.0.1:9400").get("flatlan_node_joined"), 1)

    def test_a_unix_socket_for_its_owner_alone(self):
        path = self.cluster.etcd.folder / "metrics.sock"
        node = self.start(flags=("--metrics", f"unix:{path}"))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(scrape(node, str(path)).get("flatlan_node_joined"), 1)
        node.kill()
        node.start()
        eventually(lambda: node.log_text().count("metrics can be read at unix:") == 2, "it listens again")
        eventually(lambda: scrape(node, str(path)).get("flatlan_node_joined") == 1, "it is read again")
        node.stop()
        self.assertFalse(path.exists())

    def test_a_port_that_is_taken(self):
        node = self.cluster.add_node(flags=["--metrics", PLACE])
        holder = node.network.start(sys.executable, "-c", "import socket, sys\ns = socket.create_server(('127.0.0.1', "
                                    "9400))\nprint('ready', flush=True)\nsys.stdin.read()", stdin=-1, stdout=-1)
        self.addCleanup(holder.communicate)
        holder.stdout.readline()
        node.start()
        self.assertNotEqual(node.process.wait(timeout=60), 0)
        self.assertIn("--metrics: listen on 127.0.0.1 port 9400: Address already in use", node.log_text())

    def test_anything_else_is_refused_and_does_no_harm(self):
        node = self.start()
        url = f"http://{PLACE}"
        kind = "text/plain; version=0.0.4; charset=utf-8"
        self.assertEqual(self.answer(node, f"{url}/metrics?name[]=x", "-g"), f"200 {kind}")
        self.assertEqual(self.answer(node, f"{url}/"), f"404 {kind}")
        self.assertEqual(self.answer(node, f"{url}/v1/node"), f"404 {kind}")
        self.assertEqual(self.answer(node, "-X", "POST", f"{url}/metrics"), f"405 {kind}")
        for rough in ("GET", "\x00" * 5000, "POST /metrics HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nx",
                      "GET /" + "a" * 100_000):
            node.network.run(sys.executable, "-c", "import socket, sys\ns = socket.create_connection(('127.0.0.1', 9400)"
                             ")\ns.sendall(sys.stdin.buffer.read())\n", input=rough)
        self.assertEqual(scrape(node).get("flatlan_node_joined"), 1)


if __name__ == "__main__":
    enter_own_namespaces()
    del sys.argv[1:5]
    unittest.main(verbosity=2)
