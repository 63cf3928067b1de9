#!/usr/bin/env python3
"""flatlan-cni among Debian's reference plugins: before portmap, bandwidth, tuning and firewall in a list, and as
`ipam.type` under bridge, ptp and macvlan.

usage: delegation_test.py PLUGIN CNI_NODE FLATLAN [UNITTEST-ARGUMENT...]
"""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import unittest

from cni_node import DEADLINE_S, PLUGINS, VERSIONS, Container, Node, enter_own_namespaces

PLUGIN, MAKER, FLATLAN = sys.argv[1:4]


class ReferenceTest(unittest.TestCase):
    """A node, and lists of configurations that are carried out as libcni does."""

    def setUp(self):
        if not (PLUGINS / "bridge").exists():
            self.skipTest("containernetworking-plugins is not installed")
        if not os.access("/run", os.W_OK):
            self.skipTest("the reference plugins write below /run and /var/lib, which only root may")
        self.node = Node(PLUGIN, MAKER)
        self.addCleanup(self.node.close)
        self.path = f"{os.path.dirname(PLUGIN)}:{PLUGINS}"

    def container(self):
        container = Container()
        self.addCleanup(container.close)
        return container

    def program(self, kind):
        return PLUGIN if kind == "flatlan-cni" else str(PLUGINS / kind)

    def call(self, command, container, configuration, **variables):
        environment = self.node.environment(command, container, CNI_PATH=self.path, **variables)
        return self.node.call_text(environment, json.dumps(configuration), self.program(configuration["type"]))

    def must(self, command, container, configuration, **variables):
        answer = self.call(command, container, configuration, **variables)
        self.assertEqual(answer.status, 0, f"{command} of {configuration['type']}: {answer}")
        return answer

    def plugins(self, later, version="1.0.0", **more):
        own = {"type": "flatlan-cni", "nodeFile": str(self.node.node_file)}
        return [{"cniVersion": version, "name": "net", **plugin, **more} for plugin in (own, *later)]

    def add(self, container, plugins):
        result = None
        for plugin in plugins:
            if result:
                plugin = {**plugin, "prevResult": result}
            result = self.must("ADD", container, plugin).json()
        return result

    def check(self, container, plugins, result):
        for plugin in plugins:
            self.must("CHECK", container, {**plugin, "prevResult": result})

    def delete(self, container, plugins, result=None, **variables):
        for plugin in reversed(plugins):
            if result:
                plugin = {**plugin, "prevResult": result}
            self.must("DEL", container, plugin, **variables)
        self.assertEqual(container.links(), set())


class ChainTest(ReferenceTest):
    def go_through(self, later, versions=("0.3.0", "0.3.1", "0.4.0", "1.0.0"), check=True, **more):
        """ADD, CHECK, what the caller looks at, DEL; in each version that has lists and that the others know."""
        for version in versions:
            with self.subTest(version):
                container = self.container()
                plugins = self.plugins(later, version, **more)
                result = self.add(container, plugins)
                self.assertEqual(result["cniVersion"], version)
                if version >= "0.4.0":
                    self.check(container, plugins if check else plugins[:1], result)
                yield container, result
                self.delete(container, plugins, result if version >= "0.4.0" else None)
                self.delete(container, plugins, CNI_NETNS="")  # containerd's second DEL
                self.assertEqual(self.pod_links(), [])

    def pod_links(self):
        """The node's ends of our pairs; iproute2 prints {} for what is of another group."""
        return [link for link in self.node.ip("link", "show", "group", "61879") if link]

    def test_before_portmap(self):
        ports = {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}
        later = [{"type": "portmap", "snat": True, "capabilities": {"portMappings": True}}]
        # portmap 1.1.1 looks for the IPv4 rules among those of IPv6 when a container has both families.
        for container, result in self.go_through(later, check=False, runtimeConfig=ports):
            address = result["ips"][0]["address"].split("/")[0]
            self.assertIn(address, container.addresses())

    def test_before_bandwidth(self):
        limits = {"bandwidth": {"ingressRate": 8_000_000, "ingressBurst": 8_000_000, "egressRate": 8_000_000,
                                "egressBurst": 8_000_000}}
        probe = self.container()
        probe.run("ip", "link", "add", "probe0", "type", "veth")
        if probe.run("tc", "qdisc", "add", "dev", "probe0", "root", "tbf", "rate", "8mbit", "burst", "32kbit",
                     "latency", "50ms", check=False).returncode or probe.run(
                         "ip", "link", "add", "ifb0", "type", "ifb", check=False).returncode:
            self.skipTest("this kernel has no tbf queue or no ifb device, which bandwidth needs")
        for _ in self.go_through([{"type": "bandwidth", "capabilities": {"bandwidth": True}}], runtimeConfig=limits):
            pass

    def test_before_tuning(self):
        later = [{"type": "tuning", "sysctl": {"net.ipv4.conf.eth0.arp_filter": "1"}, "mtu": 1300}]
        for container, _ in self.go_through(later):
            self.assertEqual(container.ip("link", "show", "eth0")[0]["mtu"], 1300)
            self.assertEqual(container.run("sysctl", "-n", "net.ipv4.conf.eth0.arp_filter").strip(), "1")

    def test_tuning_that_breaks_the_interface_is_seen_by_check(self):
        """To change the MAC address, tuning 1.1.1 sets the interface down, at which the kernel drops its neighbours and
        routes; `runtimeConfig.mac` of flatlan-cni itself is the way."""
        container = self.container()
        plugins = self.plugins([{"type": "tuning", "mac": "02:00:00:00:00:77"}])
        result = self.add(container, plugins)
        answer = self.call("CHECK", container, {**plugins[0], "prevResult": result})
        self.assertEqual(answer.code, 107, answer)
        self.delete(container, plugins, result)

    def test_before_firewall(self):
        for container, result in self.go_through([{"type": "firewall", "backend": "iptables"}],
                                                 versions=("0.4.0", "1.0.0")):
            self.assertTrue(result["ips"])
            self.assertTrue(container.addresses())

    def test_behind_another_plugin(self):
        """A second network of the same container, in one list: what came before is passed on."""
        container = self.container()
        plugins = [{"cniVersion": "1.0.0", "name": "net", "type": "loopback"}, *self.plugins([])]
        result = self.add(container, plugins)
        self.assertEqual([entry["name"] for entry in result["interfaces"]][0], "lo")
        holder = next(entry["interface"] for entry in result["ips"] if entry["address"].startswith("10.128."))
        self.assertEqual(result["interfaces"][holder]["name"], "eth0")
        self.check(container, plugins, result)
        self.delete(container, plugins, result)


class DelegatedTest(ReferenceTest):
    """As ipam.type. The kind of interface is the other plugin's, addresses and leases are ours."""

    def configuration(self, kind, version="1.0.0", **more):
        return {"cniVersion": version, "name": "net", "type": kind, **more,
                "ipam": {"type": "flatlan-cni", "nodeFile": str(self.node.node_file)}}

    def go_through(self, kind, **more):
        for version in VERSIONS[:6]:
            with self.subTest(version):
                configuration = self.configuration(kind, version, **more)
                first, second = self.container(), self.container()
                results = [self.must("ADD", container, configuration).json() for container in (first, second)]
                addresses = [container.addresses() for container in (first, second)]
                self.assertEqual(len(addresses[0]), 2, results[0])
                self.assertFalse(addresses[0] & addresses[1])
                self.assertEqual(self.leased(), 2)
                for address in addresses[1]:
                    first.run("ping", "-c", "1", "-W", "5", address)
                if version >= "0.4.0":
                    for container, result in zip((first, second), results):
                        self.must("CHECK", container, {**configuration, "prevResult": result})
                for container in (first, second):
                    self.must("DEL", container, configuration)
                    self.must("DEL", container, configuration)
                    self.assertEqual(container.links(), set())
                self.assertEqual(self.leased(), 0)

    def leases(self):
        """The addresses of each lease, by its key."""
        database = sqlite3.connect(f"file:{self.node.folder}/leases.sqlite?mode=ro", uri=True)
        rows = database.execute("SELECT key, ipv4, ipv6 FROM leases").fetchall()
        database.close()
        return {key: set(addresses) - {None} for key, *addresses in rows}

    def leased(self):
        """How many leases containers hold; the node and gateways have theirs besides."""
        return sum("container." in key for key in self.leases())

    def addresses_of(self, container):
        return self.leases().get(f"net/{container.name}/eth0", set())

    def test_under_bridge(self):
        self.go_through("bridge", bridge="cni0", isGateway=True)
        self.assertIn("10.128.0.", json.dumps(self.node.ip("address", "show", "dev", "cni0")))

    def test_under_ptp(self):
        self.go_through("ptp")

    def test_under_macvlan(self):
        self.node.ip("link", "add", "parent0", "type", "veth", "peer", "name", "parent1")
        for end in ("parent0", "parent1"):
            self.node.ip("link", "set", end, "up")
        probe = self.container()
        if probe.run("ip", "link", "add", "probe0", "type", "veth", check=False).returncode or probe.run(
                "ip", "link", "add", "link", "probe0", "mac0", "type", "macvlan", check=False).returncode:
            self.skipTest("this kernel has no macvlan devices")
        self.go_through("macvlan", master="parent0")

    def test_a_second_add_takes_nothing_from_a_container_that_lives(self):
        for kind, more in (("ptp", {}), ("bridge", {"bridge": "cni4"})):
            with self.subTest(kind):
                container = self.container()
                configuration = self.configuration(kind, **more)
                result = self.must("ADD", container, configuration).json()
                addresses, held = container.addresses(), self.addresses_of(container)
                self.assertEqual(addresses, held)
                again = self.call("ADD", container, configuration)
                self.assertNotEqual(again.status, 0)
                if kind == "ptp":  # it asks for addresses before it looks at the container
                    self.assertEqual(again.code, 105, again)
                    self.assertIn("expected DEL before another ADD", again.text)
                self.assertEqual((container.addresses(), self.addresses_of(container)), (addresses, held))
                self.must("CHECK", container, {**configuration, "prevResult": result})
                self.must("DEL", container, configuration)

    def test_a_second_add_replaces_the_lease_of_one_that_came_to_nothing(self):
        container = self.container()
        configuration = self.configuration("ptp")
        self.must("ADD", container, configuration)
        before = container.addresses()
        container.run("ip", "link", "del", "eth0")
        self.must("ADD", container, configuration)
        self.assertEqual(container.addresses(), self.addresses_of(container))
        self.assertFalse(before & container.addresses())
        self.must("DEL", container, configuration)
        self.assertEqual(self.leased(), 0)

    def test_check_sees_that_the_lease_has_lost_an_address(self):
        for kind, more in (("ptp", {}), ("bridge", {"bridge": "cni8"})):
            with self.subTest(kind):
                container = self.container()
                configuration = self.configuration(kind, **more)
                result = self.must("ADD", container, configuration).json()
                with sqlite3.connect(self.node.folder / "leases.sqlite") as database:
                    database.execute("UPDATE leases SET ipv6 = NULL WHERE key LIKE ?", (f"%{container.name}%",))
                database.close()
                answer = self.call("CHECK", container, {**configuration, "prevResult": result})
                self.assertEqual(answer.code, 107, answer)
                self.assertIn("has lost fd00:", answer.json()["msg"])
                self.must("DEL", container, configuration)

    def test_a_gateway_is_leased_while_the_bridge_or_a_container_needs_it(self):
        container = self.container()
        configuration = self.configuration("bridge", "1.1.0", bridge="cni6", isGateway=True)
        older = {**configuration, "cniVersion": "1.0.0"}  # bridge 1.1.1 knows no newer
        self.must("ADD", container, older)
        gateways = {key for key in self.leases() if "/gateway-" in key}
        self.assertEqual(len(gateways), 2)
        self.expect_no_leaks()
        self.must("DEL", container, older)
        self.collect(configuration)
        self.expect_no_leaks()  # the bridge has the addresses still
        self.node.ip("link", "del", "cni6")
        self.assertEqual(self.leaked(), gateways)
        self.collect({**configuration, "name": "other"})
        self.assertLessEqual(gateways, set(self.leases()))
        self.collect(configuration)
        self.assertFalse(gateways & set(self.leases()))

    def test_a_gateway_that_no_interface_has_is_leased_while_a_container_is_there(self):
        first, second = self.container(), self.container()
        configuration = self.configuration("bridge", "1.1.0", bridge="cni7")
        older = {**configuration, "cniVersion": "1.0.0"}
        for container in (first, second):
            self.must("ADD", container, older)
        gateways = {key for key in self.leases() if "/gateway-" in key}
        self.must("DEL", first, older)
        valid = [{"containerID": second.name, "ifname": "eth0"}]
        self.collect({**configuration, "cni.dev/valid-attachments": valid})
        self.expect_no_leaks()
        self.must("DEL", second, older)
        self.assertEqual(self.leaked(), gateways)
        self.collect({**configuration, "cni.dev/valid-attachments": []})
        self.assertFalse(gateways & set(self.leases()))

    def collect(self, configuration):
        answer = self.node.call_text(self.node.environment("GC", CNI_PATH=self.path), json.dumps(configuration))
        self.assertEqual(answer.status, 0, answer)

    def leaked(self):
        """The keys of leases that have leaked, and nothing else is wrong."""
        findings = self.flatlan("check", 0, 1)["findings"]
        self.assertEqual([each for each in findings if each["kind"] != "leaked_lease"], [])
        return {each["subject"] for each in findings}

    def expect_no_leaks(self):
        before = self.leases()
        self.assertEqual(self.leaked(), set())
        self.flatlan("gc", 0)
        self.assertEqual(self.leases(), before)

    def flatlan(self, verb, *statuses):
        done = subprocess.run([FLATLAN, "ipam", verb, "-o", "json", "--database", self.node.folder / "leases.sqlite"],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertIn(done.returncode, statuses, done.stdout)
        return json.loads(done.stdout)

    def test_a_wish_comes_true(self):
        container = self.container()
        configuration = self.configuration("bridge", bridge="cni1")
        self.must("ADD", container, configuration, CNI_ARGS="IgnoreUnknown=1;IP=10.128.0.33")
        self.assertIn("10.128.0.33", container.addresses())
        self.must("DEL", container, configuration)

    def test_an_error_reaches_the_caller(self):
        self.node.node_file.unlink()
        container = self.container()
        answer = self.call("ADD", container, self.configuration("bridge", bridge="cni2"))
        self.assertNotEqual(answer.status, 0)
        self.assertIn("node.json", answer.json()["msg"])

    def test_when_the_other_plugin_fails_the_address_is_back(self):
        container = self.container()
        container.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other")
        answer = self.call("ADD", container, self.configuration("bridge", bridge="cni3"))
        self.assertNotEqual(answer.status, 0)
        self.assertEqual(self.leased(), 0, "the reference plugin calls DEL of its ipam when it fails")


if __name__ == "__main__":
    enter_own_namespaces(alone=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
