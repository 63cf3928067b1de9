#!/usr/bin/env python3
"""Runs flatland on emulated nodes against a real etcd: joining, pods by flatlan-cni, crashes, etcd away and back.

usage: daemon_test.py FLATLAND FLATLAN_CNI FLATLAN_REACH UNIT-FILE [UNITTEST-ARGUMENT...]
"""
import json
import os
import pathlib
import re
import signal
import socket
import sys
import subprocess
import tempfile
import unittest

from daemon_cluster import Cluster, Network, enter_own_namespaces, eventually, numbered_datagrams
from naive_cable import NaiveCable

PROGRAMS = dict(zip(["flatland", "flatlan-cni", "flatlan-reach"], sys.argv[1:4]))
UNIT = sys.argv[4]
EPOCH = "/flatlan/v1/default/epoch"


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(PROGRAMS)
        self.addCleanup(self.cluster.close)

    def add_nodes_of_one_database(self):
        """Two, whose registry needs no way over the underlay."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for _ in range(2):
            self.cluster.add_node(flags=["--sqlite", f"{folder.name}/registry.sqlite"], registry=[])

    def start_and_reach(self):
        for node in self.cluster.nodes:
            node.start()
        for node in self.cluster.nodes:
            node.wait_ready()
            node.add_pod(f"{node.name}-pod")
        self.cluster.expect_all_reachable()

    def expect_nothing_lost(self, action):
        self.cluster.expect_all_reachable()
        first, *_, last = self.cluster.pods()
        sent, came = numbered_datagrams(first, last, action)
        self.assertGreater(sent, 0)
        self.assertEqual(sent, came, "datagrams between two pods were lost")


class JoinTest(ClusterTest):
    def test_nodes_that_join_at_once_reach_each_others_pods(self):
        self.cluster.start(3, pods=2)
        answer = self.cluster.expect_all_reachable()
        self.assertEqual(answer["pods"], 6)
        self.cluster.expect_no_address_twice()

    def test_a_node_tells_the_plugin_what_it_needs(self):
        self.cluster.start(1)
        node = self.cluster.nodes[0]
        told = json.loads(node.node_file.read_text())
        self.assertEqual(told["node"], "n1")
        self.assertEqual(told["mtu"], 1450)
        listed = json.loads(node.conflist.read_text())
        self.assertEqual(listed["plugins"][0]["type"], "flatlan-cni")
        self.assertIn("on interface eth0 (the way to the registry at 172.31.0.250)", node.log_text())

    def test_a_later_node_is_reached_by_all(self):
        self.cluster.start(2)
        late = self.cluster.add_node()
        late.start()
        late.wait_ready()
        late.add_pod("late")
        self.cluster.expect_all_reachable()

    def test_nodes_of_different_backends_reach_each_other(self):
        kernel, user = self.cluster.add_node(), self.cluster.add_node(flags=["--backend", "user"])
        for node in (kernel, user):
            node.start()
        for node in (kernel, user):
            node.wait_ready()
            node.add_pod(f"{node.name}-pod")
        self.cluster.expect_all_reachable()

    def test_a_cluster_without_a_tunnel(self):
        self.cluster.start(3, flags=["--backend", "direct"])
        self.assertEqual(json.loads(self.cluster.nodes[0].node_file.read_text())["mtu"], 1500)
        self.cluster.expect_all_reachable()

    def test_a_narrow_interface_keeps_a_new_node_out_and_no_member(self):
        self.cluster.start(2)
        member = self.cluster.nodes[0]
        member.stop()
        member.network.run("ip", "link", "set", "eth0", "mtu", "1400")
        member.start()
        routes = lambda: member.network.run("ip", "route", "show", "dev", "flat0").stdout
        eventually(lambda: " mtu 1350" in routes(), lambda: f"routes follow: {routes()}{member.log_text()}")
        told = member.network.start("ip", "-o", "monitor", "route", stdout=subprocess.PIPE, text=True)
        member.stop()
        member.start()
        eventually(lambda: member.log_text().count("joined: ") == 3, member.log_text)
        told.terminate()
        widened = [line for line in told.communicate()[0].splitlines() if "proto 241" in line and " mtu " not in line]
        self.assertEqual(widened, [], "a daemon that starts again remembers narrow ways")
        self.cluster.expect_all_reachable()
        new = self.cluster.add_node(mtu=1400)
        new.start()
        self.assertEqual(new.process.wait(timeout=60), 2)
        self.assertIn("interface 'eth0' passes 1400 octets, the cluster's underlay 1500", new.log_text())

    def test_a_database_as_the_registry_of_all_nodes_of_a_machine(self):
        self.add_nodes_of_one_database()
        self.start_and_reach()
        for node in self.cluster.nodes:
            self.assertEqual(node.stop(), 0)

    def test_wrong_settings_are_refused_with_flag_and_reason(self):
        for flags, status, reason in (
                (["--underlay-interface", "eth7"], 1, "--underlay-interface: interface 'eth7' has no address"),
                (["--pod-cidrs", "172.31.0.0/16"], 2, "lies in the pods' prefix 172.31.0.0/16"),
                (["--vni", "0x1"], 2, "--vni: '0x1' is no whole number"),
                (["--nodename", "n1"], 2, "--nodename: 'flatland' has no such option (expected --node-name)")):
            node = self.cluster.add_node(name="n1", host=20 + len(self.cluster.nodes), flags=flags)
            node.start()
            self.assertEqual(node.process.wait(timeout=60), status, node.log_text())
            self.assertIn(reason, node.log_text())

    def test_settings_other_than_the_clusters_are_refused(self):
        self.cluster.start(1, pods=0, flags=["--vni", "7"])
        other = self.cluster.add_node(flags=["--vni", "8"])
        other.start()
        self.assertEqual(other.process.wait(timeout=60), 2, other.log_text())
        self.assertIn("the cluster has vni 7, this node's settings 8", other.log_text())

    def test_a_name_that_a_live_node_has_is_refused(self):
        self.cluster.start(1)
        other = self.cluster.add_node(name="n1", host=9)
        other.start()
        self.assertEqual(other.process.wait(timeout=60), 1)
        self.assertIn("--node-name: another live node has the name 'n1'", other.log_text())
        self.assertEqual(other.network.ip("link", "show", "type", "vxlan"), [])

    def test_an_underlay_address_that_a_live_node_has_is_refused(self):
        self.cluster.start(1)
        other = self.cluster.add_node(name="n2", host=9)
        other.network.run("ip", "address", "add", "172.31.0.1/32", "dev", "lo")
        other.start("--underlay-address", "172.31.0.1")
        self.assertEqual(other.process.wait(timeout=60), 1)
        self.assertIn("--underlay-address: the live node 'n1' has the underlay address 172.31.0.1", other.log_text())


class LifeTest(ClusterTest):
    def test_traffic_goes_on_while_a_daemon_is_killed_and_comes_back(self):
        self.cluster.start(2)
        node = self.cluster.nodes[0]

        def crash():
            for _ in range(3):
                node.kill()
                node.add_pod(f"while-it-is-down-{len(node.pods)}")
                told = node.log_text().count("joined")
                node.start()
                eventually(lambda: node.log_text().count("joined") > told, node.log_text)

        self.expect_nothing_lost(crash)
        self.cluster.expect_all_reachable()

    def test_a_flood_of_pings_outlives_crashes_and_restarts(self):
        self.cluster.start(2)
        self.cluster.expect_all_reachable()
        first, last = self.cluster.pods()
        ping = first.start("ping", "-f", "-q", "-c", "20000", last.addresses[0], stdout=subprocess.PIPE, text=True)
        crashes = 0
        while ping.poll() is None or crashes < 2:
            node = self.cluster.nodes[crashes % 2]
            node.kill() if crashes % 3 else self.assertEqual(node.stop(), 0)
            told = node.log_text().count("joined")
            node.start()
            eventually(lambda: node.log_text().count("joined") > told, node.log_text)
            crashes += 1
        said = ping.stdout.read()
        self.assertIn("20000 packets transmitted, 20000 received, 0% packet loss", said)

    def test_the_end_of_a_daemon_leaves_pods_and_tunnel_alone(self):
        self.cluster.start(2)

        def end():
            self.assertEqual([node.stop() for node in self.cluster.nodes], [0, 0])

        self.expect_nothing_lost(end)
        self.cluster.expect_all_reachable()

    def test_etcd_stopped_and_started_again(self):
        self.cluster.start(3)

        def away():
            self.cluster.etcd.kill()
            for node in self.cluster.nodes:
                eventually(lambda node=node: "etcd cannot be reached" in node.log_text(), node.log_text)
                node.add_pod(f"{node.name}-offline")
            self.cluster.etcd.start()
            for node in self.cluster.nodes:
                eventually(lambda node=node: "all is well again" in node.log_text(), node.log_text)

        self.expect_nothing_lost(away)
        late = self.cluster.add_node()
        late.start()
        late.wait_ready()
        late.add_pod("late")
        self.cluster.expect_all_reachable()
        self.cluster.expect_no_address_twice()

    def test_etcd_that_lost_its_data(self):
        self.cluster.start(3)

        def lose():
            self.cluster.etcd.kill()
            self.cluster.etcd.lose_data()
            self.cluster.etcd.start()
            eventually(lambda: "claims whole" in self.cluster.etcd.control(
                "get", EPOCH).stdout, "all members have published their blocks again")

        self.expect_nothing_lost(lose)
        eventually(lambda: self.cluster.etcd.control(
            "get", "--prefix", "--keys-only", "/flatlan/v1/default/nodes/").stdout.count("/n") >= 3, "nodes are back")
        late = self.cluster.add_node()
        late.start()
        late.wait_ready()
        late.add_pod("late")
        self.cluster.expect_all_reachable()
        self.cluster.expect_no_address_twice()

    def test_after_a_boot_a_node_adds_no_pod_until_the_registry_has_confirmed_its_blocks(self):
        self.cluster.start(1, flags=["--offline-max", "100000h"])
        node = self.cluster.nodes[0]
        node.stop()
        memory = node.folder / "state" / "memory.json"
        remembered = json.loads(memory.read_text())
        boot = "00000000-0000-4000-8000-000000000000"  # an earlier one
        remembered["confirmed"]["boot"] = boot
        memory.write_text(json.dumps(remembered))
        epoch = self.cluster.etcd.control("get", "--print-value-only", EPOCH).stdout
        self.cluster.etcd.control("put", EPOCH, "flatlan epoch 2\n")  # the rest can be read, this not
        node.node_file.unlink()
        node.start()
        eventually(node.node_file.exists, node.log_text)
        self.assertEqual(json.loads(node.node_file.read_text())["confirmed"]["boot"], boot)
        pod = Network()
        self.addCleanup(pod.close)
        status, answer = node.plugin("ADD", "early", pod)
        self.assertEqual((status, answer["code"]), (1, 11), answer)
        self.cluster.etcd.control("put", EPOCH, epoch.rstrip("\n") + "\n")
        eventually(lambda: "all is well again" in node.log_text(), node.log_text)
        node.add_pod("late")

    def test_a_node_starts_before_its_registry(self):
        self.cluster.etcd.kill()
        node = self.cluster.add_node()
        node.start()
        eventually(lambda: "waits for the registry: " in node.log_text(), node.log_text)
        self.assertFalse(node.node_file.exists())
        self.cluster.etcd.start()
        node.wait_ready()

    def test_a_signal_reloads_the_settings(self):
        node = self.cluster.add_node()
        settings = node.folder / "flatland.yaml"
        text = "apiVersion: flatlan/v1\nkind: Daemon\nspec:\n  logLevel: {}\n  tunnel: {{vni: {}}}\n"
        settings.write_text(text.format("info", 1))
        node.start("--config", settings)
        node.wait_ready()
        settings.write_text(text.format("debug", 2))
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: "--log-level is now debug" in node.log_text(), node.log_text)
        eventually(lambda: "--vni takes effect after a restart" in node.log_text(), node.log_text)
        settings.write_text("nonsense")
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: "settings stay as they were: " in node.log_text(), node.log_text)

    def test_the_network_is_renamed_by_a_signal_and_by_a_restart(self):
        node = self.cluster.add_node()
        settings = node.folder / "flatland.yaml"
        text = "apiVersion: flatlan/v1\nkind: Daemon\nspec:\n  cni: {{network: {}}}\n"
        named = lambda: json.loads(node.conflist.read_text())["name"]
        settings.write_text(text.format("first"))
        node.start("--config", settings)
        node.wait_ready()
        self.assertEqual(named(), "first")
        settings.write_text(text.format("second"))
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: named() == "second", node.log_text)
        settings.write_text(text.format("third"))
        self.assertEqual(node.stop(), 0)
        node.start("--config", settings)
        eventually(lambda: named() == "third", node.log_text)

    def test_a_cut_off_record_of_the_cluster_is_named_and_written_anew(self):
        self.cluster.start(1, pods=0, flags=["--vni", "7"])
        node = self.cluster.nodes[0]
        record = node.folder / "state" / "cluster"
        whole = record.read_text()
        for rest in ("", whole[:len(whole) // 2]):
            self.assertEqual(node.stop(), 0)
            record.write_text(rest)
            told = node.log_text().count("joined")
            node.start()
            eventually(lambda told=told: node.log_text().count("joined") > told, node.log_text)
            self.assertEqual(record.read_text(), whole)
        self.assertEqual(len(re.findall(f"asks the registry what the cluster is: .*{record}", node.log_text())), 2)

    def test_a_node_comes_back_with_an_older_clock(self):
        """Of the machine's start by a time namespace, of the wall by libfaketime."""
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
        if not library:
            self.skipTest("libfaketime is missing")
        self.cluster.start(2)
        node = self.cluster.nodes[0]
        uptime = int(float(pathlib.Path("/proc/uptime").read_text(encoding="ascii").split()[0]))
        earlier = min(300, uptime // 2)
        older = ({"under": ["unshare", "--time", f"--boottime=-{earlier}", f"--monotonic=-{earlier}", "--fork",
                            "--kill-child"]},
                 {"variables": {"LD_PRELOAD": str(library), "FAKETIME": "-2d", "DONT_FAKE_MONOTONIC": "1",
                                "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}})

        def come_back():
            for how in older:
                node.kill()
                told = node.log_text().count("joined")
                node.start(**how)
                eventually(lambda: node.log_text().count("joined") > told, node.log_text)
                node.add_pod(f"older-{len(node.pods)}")

        self.expect_nothing_lost(come_back)
        self.cluster.expect_all_reachable()
        self.cluster.expect_no_address_twice()
        self.assertRegex(node.log_text(), "(?s)joined.*joined.*joined")

    def test_the_folder_of_another_node_is_refused_and_pods_keep_their_addresses(self):
        self.cluster.start(2)
        node = self.cluster.nodes[0]
        self.assertEqual(node.stop(), 0)
        words = list(map(str, node.words()))
        for other in (["n7" if word == "n1" else word for word in words], [*words, "--cluster", "west"]):
            renamed = node.network.run(*other, check=False)
            self.assertEqual(renamed.returncode, 2, renamed.stderr)
            self.assertIn("is of node 'n1' of cluster 'default'", renamed.stderr)
        node.start()
        node.wait_ready()
        node.add_pod("later")
        self.cluster.expect_all_reachable()

    def test_a_second_daemon_on_a_node_is_refused(self):
        self.cluster.start(1, pods=0)
        node = self.cluster.nodes[0]
        second = node.network.run(*node.words(), check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("--state-dir: another flatland has the state folder", second.stderr)

    def test_a_broken_tunnel_is_put_right(self):
        self.cluster.start(2)
        node = self.cluster.nodes[0]
        node.network.run("ip", "link", "delete", "flat0")
        self.cluster.expect_all_reachable()

    def test_checksums_are_made_at_once_where_others_lose_them(self):
        self.add_nodes_of_one_database()
        cable = NaiveCable(self.cluster.underlay, "port1", "port2")
        self.addCleanup(cable.close)
        self.start_and_reach()
        for node in self.cluster.nodes:
            self.assertIn("tx-checksumming of flat0 is off: with it packets arrived", node.log_text())
            self.assertIn("tx-checksumming: off", node.network.run("ethtool", "-k", "flat0").stdout)
            self.assertEqual(node.stop(), 0)

    def test_routes_to_pods_come_back_with_the_nodes_own_address(self):
        self.cluster.start(2, pods=2)
        node = self.cluster.nodes[0]
        routes = lambda: [sorted((route["dst"], route.get("prefsrc")) for route in
                                 node.network.ip(family, "route", "show", "proto", "241")) for family in ("-4", "-6")]
        before = routes()
        self.assertEqual(len([route for route in before[0] if "/" not in route[0] and route[1]]), 2, before)
        node.network.run("ip", "address", "flush", "dev", "lo", "scope", "global")
        eventually(lambda: routes() == before, lambda: f"{before} and not {routes()}")
        self.cluster.expect_all_reachable()

    def test_a_node_follows_its_underlay_address(self):
        for backend in ("kernel", "kernel", "user"):
            self.cluster.add_node(flags=["--backend", backend])
        self.start_and_reach()
        for node in self.cluster.nodes:
            process, lost = node.process, f"172.31.0.{node.host}"
            node.network.run("ip", "address", "delete", f"{lost}/24", "dev", "eth0")
            eventually(lambda: not node.status()["ready"], node.log_text)
            self.assertIn(f"this machine has lost its address {lost}", node.status()["reason"])
            status, answer = node.plugin("STATUS", "", version="1.1.0")
            self.assertEqual((status != 0, answer["code"]), (True, 51), answer)
            node.network.run("ip", "address", "add", "172.31.0.99/32", "dev", "eth0")
            node.network.run("ip", "address", "add", f"172.31.0.{node.host + 100}/24", "dev", "eth0")
            self.cluster.expect_all_reachable()
            eventually(lambda: node.status()["ready"], node.log_text)
            self.assertEqual(node.status()["underlay"], f"172.31.0.{node.host + 100}")
            node.network.run("ip", "address", "delete", "172.31.0.99/32", "dev", "eth0")
            self.assertIs(node.process, process)
            self.assertIsNone(process.poll(), node.log_text())
            node.add_pod(f"{node.name}-later")
        self.cluster.expect_all_reachable()
        self.assertEqual(self.cluster.nodes[0].stop(), 0)

    def test_two_nodes_swap_their_underlay_addresses(self):
        self.cluster.start(2)
        for node in self.cluster.nodes:
            node.network.run("ip", "address", "delete", f"172.31.0.{node.host}/24", "dev", "eth0")
        for node in self.cluster.nodes:
            node.network.run("ip", "address", "add", f"172.31.0.{3 - node.host}/24", "dev", "eth0")
        self.cluster.expect_all_reachable()
        for node in self.cluster.nodes:
            self.assertIsNone(node.process.poll(), node.log_text())
            self.assertEqual(node.status()["underlay"], f"172.31.0.{3 - node.host}")

    def test_a_node_that_its_first_cluster_would_not_suit_makes_none(self):
        for mtu, reason in ((9000, "interface 'eth0' passes 1500 octets"), (600, "1280")):
            node = self.cluster.add_node(flags=["--underlay-mtu", str(mtu)])
            node.start()
            self.assertEqual(node.process.wait(timeout=60), 2, node.log_text())
            self.assertIn(reason, node.log_text())
        self.assertEqual(self.cluster.etcd.control("get", "--prefix", "--keys-only", "/").stdout.strip(), "")
        node = self.cluster.add_node()
        node.start()
        node.wait_ready()

    def test_a_folder_where_a_file_should_be_is_named(self):
        node = self.cluster.add_node()
        node.start("--config", node.folder)
        self.assertEqual(node.process.wait(timeout=60), 1, node.log_text())
        self.assertIn("Is a directory (expected a file, not a folder)", node.log_text())
        settings = node.folder / "flatland.yaml"
        settings.write_text("apiVersion: flatlan/v1\nkind: Daemon\nspec: {}\n")
        node.start("--config", settings)
        node.wait_ready()
        settings.unlink()
        settings.mkdir()
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: "settings stay as they were: " in node.log_text(), node.log_text)
        node.node_file.unlink()
        node.node_file.mkdir()
        status, answer = node.plugin("ADD", "x", Network())
        self.assertNotEqual(status, 0)
        self.assertIn("expected a file, not a folder", json.dumps(answer))
        node.node_file.rmdir()
        eventually(node.node_file.is_file, "the daemon writes it again")
        node.add_pod("y")

    def test_blocks_are_claimed_ahead_of_pods(self):
        self.cluster.start(1, pods=0, flags=["--pod-cidrs", "10.244.0.0/16", "--block-size-ipv4", "29"])
        node = self.cluster.nodes[0]
        for pod in range(12):
            eventually(lambda pod=pod: self.try_add(node, f"p{pod}"), node.log_text)
        self.cluster.expect_no_address_twice()

    @staticmethod
    def try_add(node, name):
        try:
            return node.add_pod(name)
        except AssertionError as refused:
            if '"code": 11' in str(refused) or "'code': 11" in str(refused):
                return None
            raise


class ServiceTest(ClusterTest):
    """What a service manager has of a daemon."""

    def test_the_privileges_of_the_unit_are_enough(self):
        """Which of its capabilities the daemon keeps; the filter of system calls is systemd's to try."""
        with open(UNIT, encoding="ascii") as unit:
            kept = re.search("^CapabilityBoundingSet=(.+)$", unit.read(), re.M).group(1).lower().split()
        bounding = ",".join(["-all", *("+" + name.removeprefix("cap_") for name in kept)])
        nodes = [self.cluster.add_node(), self.cluster.add_node(flags=["--backend", "user"])]
        for node in nodes:
            node.start(under=["setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set={bounding}"])
        for node in nodes:
            node.wait_ready()
            node.add_pod(f"{node.name}-pod")
        self.cluster.expect_all_reachable()
        nodes[0].network.run("ip", "link", "delete", "flat0")
        self.cluster.expect_all_reachable()
        # The user backend's end of the tunnel is the process itself.
        self.assertEqual([node.stop() for node in nodes], [0, 0])

    def test_a_service_manager_hears_what_the_daemon_does(self):
        node = self.cluster.add_node()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(node.folder / "notify"))
            manager.setblocking(False)
            heard = []

            def hear(what):
                try:
                    while True:
                        heard.append(manager.recv(4096).decode())
                except BlockingIOError:
                    pass
                return any(what in each for each in heard)

            self.cluster.etcd.kill()
            node.start(variables={"NOTIFY_SOCKET": str(node.folder / "notify"), "WATCHDOG_USEC": "1000000"})
            eventually(lambda: hear("STATUS=waits for the registry"), node.log_text)
            self.assertFalse(hear("READY=1"))
            self.cluster.etcd.start()
            eventually(lambda: hear("READY=1\nSTATUS=joined, with 0 other nodes"), node.log_text)
            heard.clear()
            eventually(lambda: hear("WATCHDOG=1"), lambda: f"{heard}")
            heard.clear()
            node.process.send_signal(signal.SIGHUP)
            eventually(lambda: hear("READY=1"), lambda: f"{heard}")
            reload = next(each for each in heard if "RELOADING=1" in each)
            self.assertRegex(reload, r"MONOTONIC_USEC=\d+")
            self.assertLess(heard.index(reload), next(i for i, each in enumerate(heard) if "READY=1" in each))
            # Also while the CNI configuration cannot be written.
            node.conflist.unlink()
            node.conflist.parent.rmdir()
            node.conflist.parent.touch()
            eventually(lambda: hear("STATUS=write '"), lambda: f"{heard}")
            heard.clear()
            node.process.send_signal(signal.SIGHUP)
            eventually(lambda: hear("READY=1"), lambda: f"{heard}")
            node.conflist.parent.unlink()
            eventually(node.conflist.exists, node.log_text)
            heard.clear()
            self.assertEqual(node.stop(), 0)
            eventually(lambda: hear("STOPPING=1"), lambda: f"{heard}")


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=int(os.environ.get("VERBOSE", "1")))
