#!/usr/bin/env python3
"""CHECK and GC of flatlan-cni: what each must see, and what each must leave alone.

usage: upkeep_test.py PLUGIN CNI_NODE [UNITTEST-ARGUMENT...]
"""
import contextlib
import sqlite3
import sys
import unittest

from cni_node import VERSIONS, Container, Node, enter_own_namespaces

PLUGIN, MAKER = sys.argv[1], sys.argv[2]
VALID, OLDER = "cni.dev/valid-attachments", "cni.dev/attachments"


class UpkeepTest(unittest.TestCase):
    def setUp(self):
        self.node = Node(PLUGIN, MAKER)
        self.addCleanup(self.node.close)

    def attached(self, interface="eth0", **variables):
        container = Container()
        self.addCleanup(container.close)
        return container, self.add(container, interface, **variables)

    def add(self, container, interface="eth0", **variables):
        answer = self.node.call("ADD", container, interface=interface, **variables)
        self.assertEqual(answer.status, 0, answer)
        return answer.json()

    @contextlib.contextmanager
    def database(self):
        database = sqlite3.connect(self.node.folder / "leases.sqlite", isolation_level=None)
        try:
            yield database
        finally:
            database.close()

    def leased(self):
        """The containers that hold an address."""
        with self.database() as database:
            keys = [row[0] for row in database.execute("SELECT key FROM leases")]
        return {key.split("/")[1] for key in keys if not key.startswith("node:")}


class CheckTest(UpkeepTest):
    def check(self, container, result, version="1.1.0"):
        configuration = self.node.configuration(version, prevResult={**result, "cniVersion": version})
        return self.node.call("CHECK", container, configuration)

    def expect(self, container, result, code, *words):
        answer = self.check(container, result)
        self.assertEqual(answer.code, code, answer)
        if code == 0:
            self.assertEqual(answer.text, "")
        else:
            for word in words:
                self.assertIn(word, answer.json()["msg"])

    def test_it_sees_what_was_taken_from_the_container(self):
        for words, seen in ((["link", "del", "eth0"], "no interface"), (["link", "set", "eth0", "down"], "down"),
                            (["-4", "address", "flush", "dev", "eth0"], "address"),
                            (["-6", "address", "flush", "dev", "eth0"], "address"),
                            (["route", "del", "default"], "0.0.0.0/0"), (["-6", "route", "del", "default"], "::/0"),
                            (["route", "del", "10.128.0.0/9", "via", "169.254.1.1"], "route to 10.128.0.0/9 via"),
                            (["neigh", "flush", "dev", "eth0", "nud", "permanent"], "gateway"),
                            (["link", "set", "eth0", "address", "02:00:00:00:00:99"], "MAC address")):
            with self.subTest(words):
                container, result = self.attached()
                self.expect(container, result, 0)
                container.run("ip", *words)
                self.expect(container, result, 107, seen)

    def test_it_sees_what_was_taken_from_the_node(self):
        for words, seen in ((["-4", "route", "flush", "dev"], "route"), (["-6", "route", "flush", "dev"], "route"),
                            (["neigh", "flush", "nud", "permanent", "dev"], "MAC address"),
                            (["link", "set", "down", "dev"], "down")):
            with self.subTest(words):
                container, result = self.attached()
                self.node.ip(*words, result["interfaces"][0]["name"])
                self.expect(container, result, 107, seen)
                self.node.call("DEL", container)

    def test_it_sees_that_the_lease_is_another(self):
        container, result = self.attached()
        with self.database() as database:
            database.execute("DELETE FROM leases WHERE key LIKE ?", (f"%{container.name}%",))
        self.expect(container, result, 107, "no lease")

    def test_it_sees_that_the_lease_has_lost_an_address(self):
        container, result = self.attached()
        lost = next(entry for entry in result["ips"] if ":" in entry["address"])
        with self.database() as database:
            database.execute("UPDATE leases SET ipv6 = NULL WHERE key LIKE ?", (f"%{container.name}%",))
        self.expect(container, result, 107, f"has lost {lost['address'].split('/')[0]}")
        result["ips"] = [{**entry, "address": "2001:db8::7/128"} if entry is lost else entry for entry in result["ips"]]
        container.run("ip", "address", "add", "2001:db8::7/128", "dev", "eth0")
        answer = self.check(container, result)
        self.assertNotIn("has lost 2001:db8::7", answer.text, "another plugin gave it")

    def test_it_bears_what_later_plugins_do(self):
        container, result = self.attached()
        for words in (["link", "set", "eth0", "mtu", "1300"], ["route", "add", "198.51.100.0/24", "dev", "eth0"],
                      ["address", "add", "192.0.2.1/32", "dev", "eth0"],
                      ["link", "add", "more0", "type", "veth", "peer", "name", "more1"]):
            container.run("ip", *words)
            self.expect(container, result, 0)
        changed = {**result, "interfaces": [result["interfaces"][0],
                                            {**result["interfaces"][1], "mac": "02:00:00:00:00:98"}]}
        self.expect(container, changed, 107, "02:00:00:00:00:98")

    def test_it_needs_the_result_of_add(self):
        container, result = self.attached()
        for previous in (None, {}, {**result, "interfaces": []}, {**result, "routes": [{"dst": "x"}]}):
            configuration = self.node.configuration(prevResult=previous)
            answer = self.node.call("CHECK", container, configuration)
            self.assertEqual(answer.code, 7, answer)
            self.assertIn("prevResult", answer.json()["msg"])

    def test_it_works_in_every_version_that_has_it(self):
        for version in VERSIONS[4:]:
            container = Container()
            self.addCleanup(container.close)
            result = self.node.call("ADD", container, self.node.configuration(version)).json()
            self.assertEqual(self.check(container, result, version).status, 0)


class GcTest(UpkeepTest):
    def collect(self, code=0, **more):
        answer = self.node.call("GC", configuration=self.node.configuration(**more))
        self.assertEqual(answer.code, code, answer)
        if code == 0:
            self.assertEqual(answer.text, "")
        return answer

    @staticmethod
    def names(*containers, interface="eth0"):
        return [{"containerID": container.name, "ifname": interface} for container in containers]

    def test_what_is_not_listed_goes(self):
        for key in (VALID, OLDER):
            kept, gone = self.attached()[0], self.attached()[0]
            self.collect(**{key: self.names(kept)})
            self.assertEqual(self.leased(), {kept.name})
            self.assertEqual((kept.links(), gone.links()), ({"eth0"}, set()))
            self.collect(**{key: self.names(kept)})
            self.assertEqual(len(self.node.links()), 1)
            self.node.call("DEL", kept)

    def test_an_interface_counts_by_its_name(self):
        container, _ = self.attached()
        self.add(container, "eth1")
        self.collect(**{VALID: self.names(container, interface="eth1")})
        self.assertEqual(container.links(), {"eth1"})

    def test_an_empty_list_releases_all(self):
        containers = [self.attached()[0] for _ in range(3)]
        self.collect(**{VALID: []})
        self.assertEqual((self.leased(), self.node.links()), (set(), set()))
        self.assertTrue(all(container.links() == set() for container in containers))

    def test_no_list_releases_only_what_is_gone_for_certain(self):
        alive, gone = self.attached()[0], self.attached()[0]
        for more in ({}, {VALID: None}, {VALID: None, OLDER: None}):
            self.collect(**more)
            self.assertEqual(self.leased(), {alive.name, gone.name})
        self.as_if_before_a_restart(gone)
        self.collect(**{VALID: None})
        self.assertEqual(self.leased(), {alive.name})
        self.assertEqual(alive.links(), {"eth0"})

    def as_if_before_a_restart(self, container):
        with self.database() as database:
            database.execute("UPDATE leases SET boot = ? WHERE key LIKE ?",
                             ("00000000-0000-4000-8000-000000000000", f"%{container.name}%"))

    def test_the_newer_list_wins(self):
        kept, gone = self.attached()[0], self.attached()[0]
        self.collect(**{VALID: self.names(kept), OLDER: self.names(kept, gone)})
        self.assertEqual(self.leased(), {kept.name})

    def test_other_networks_are_spared(self):
        container, _ = self.attached()
        self.collect(**{"name": "other", VALID: []})
        self.assertEqual(self.leased(), {container.name})

    def test_an_interface_without_a_lease_goes_too(self):
        for arguments in ("", "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"):
            container, _ = self.attached(CNI_ARGS=arguments)
            with self.database() as database:
                database.execute("DELETE FROM leases WHERE key LIKE ?", (f"%{container.name}%",))
            self.collect()
            self.assertEqual((self.node.links(), container.links()), (set(), set()))

    def test_wrong_lists_are_named_and_nothing_goes(self):
        container, _ = self.attached()
        for wrong in ("all", {}, [7], [{}], [{"containerID": "x"}], [{"containerID": "x", "ifname": ""}],
                      [{"containerID": 1, "ifname": "eth0"}]):
            answer = self.collect(7, **{VALID: wrong})
            self.assertTrue("attachments" in answer.json()["msg"] or "containerID" in answer.json()["msg"], answer)
            self.assertEqual(self.leased(), {container.name})


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
