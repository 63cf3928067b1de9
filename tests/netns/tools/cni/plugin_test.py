#!/usr/bin/env python3
"""Drives flatlan-cni as a container runtime does: every verb in every version, wishes, chains, wrong input.

usage: plugin_test.py PLUGIN CNI_NODE [UNITTEST-ARGUMENT...]
"""
import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import unittest

from cni_node import NETWORK, VERSIONS, Container, Node, enter_own_namespaces

PLUGIN, MAKER = sys.argv[1], sys.argv[2]
LAST_OF_BLOCK = 64


class PluginTest(unittest.TestCase):
    def setUp(self):
        self.node = Node(PLUGIN, MAKER)
        self.addCleanup(self.node.close)

    def container(self, name=None):
        container = Container(name)
        self.addCleanup(container.close)
        return container

    def add(self, container, configuration=None, **variables):
        answer = self.node.call("ADD", container, configuration, **variables)
        self.assertEqual(answer.status, 0, answer)
        return answer.json()

    def delete(self, container, configuration=None, **variables):
        answer = self.node.call("DEL", container, configuration, **variables)
        self.assertEqual((answer.status, answer.text), (0, ""), answer)

    def refused(self, code, *words, command="ADD", container=None, configuration=None, **variables):
        answer = self.node.call(command, container or self.container(), configuration, **variables)
        self.assertEqual(answer.code, code, answer)
        for word in words:
            self.assertIn(word, answer.json()["msg"])
        self.assertEqual(answer.json()["cniVersion"], (configuration or {}).get("cniVersion", "1.1.0"))
        return answer


class VersionsTest(PluginTest):
    """Each verb in each version."""

    def test_version_answers_in_the_version_asked(self):
        for version in VERSIONS:
            answer = self.node.call("VERSION", configuration={"cniVersion": version}).json()
            self.assertEqual(answer, {"cniVersion": version, "supportedVersions": VERSIONS})

    def test_version_bears_what_runtimes_send(self):
        dummy = {"CNI_NETNS": "dummy", "CNI_IFNAME": "dummy", "CNI_PATH": "dummy", "CNI_CONTAINERID": ""}
        for text in ("", " \n", '{"cniVersion": "9.9.9"}'):
            answer = self.node.call_text(self.node.environment("VERSION", **dummy), text)
            self.assertEqual(answer.json()["cniVersion"], "1.1.0")

    def test_add_answers_in_the_version_asked(self):
        for version in VERSIONS:
            with self.subTest(version):
                container = self.container()
                configuration = self.node.configuration(version)
                result = self.add(container, configuration)
                self.assertEqual(result["cniVersion"], version)
                if version < "0.3.0":
                    told = {result["ip4"]["ip"].split("/")[0], result["ip6"]["ip"].split("/")[0]}
                    self.assertEqual([route["dst"] for route in result["ip4"]["routes"]], ["0.0.0.0/0"])
                    self.assertNotIn("interfaces", result)
                else:
                    told = {entry["address"].split("/")[0] for entry in result["ips"]}
                    self.assertTrue(all(entry["interface"] == 1 for entry in result["ips"]))
                    self.assertEqual(result["interfaces"][1]["sandbox"], container.path)
                    self.assertEqual("mtu" in result["interfaces"][1], version >= "1.1.0")
                    self.assertEqual([entry.get("version") for entry in result["ips"]],
                                     ["4", "6"] if version < "1.0.0" else [None, None])
                self.assertEqual(container.addresses(), told)
                self.delete(container, configuration)
                self.assertEqual(container.links(), set())

    def test_check_exists_from_0_4_0_on(self):
        for version in VERSIONS:
            container = self.container()
            configuration = self.node.configuration(version)
            configuration["prevResult"] = self.add(container, configuration)
            answer = self.node.call("CHECK", container, configuration)
            if version < "0.4.0":
                self.assertEqual(answer.code, 1, answer)
            else:
                self.assertEqual((answer.status, answer.text), (0, ""), answer)
            self.delete(container, configuration)

    def test_gc_and_status_exist_from_1_1_0_on(self):
        for version in VERSIONS:
            for command in ("GC", "STATUS"):
                answer = self.node.call(command, configuration=self.node.configuration(version))
                self.assertEqual(answer.code, 0 if version >= "1.1.0" else 1, answer)


class AddTest(PluginTest):
    def test_the_wire_is_ready_when_add_returns(self):
        one, two = self.container(), self.container()
        self.add(one)
        addresses = {entry["address"].split("/")[0] for entry in self.add(two)["ips"]}
        for address in addresses:
            one.run("ping", "-c", "1", "-W", "2", address)
        self.assertEqual({entry["state"][0] for entry in one.ip("neigh")}, {"PERMANENT"})
        self.assertEqual(one.ip("link", "show", "eth0")[0]["mtu"], 1450)

    def test_a_wish_comes_true_wherever_it_stands(self):
        wished = "10.128.0.40"
        for name, more, variables in (
                ("runtimeConfig", {"runtimeConfig": {"ips": [f"{wished}/26", "fd00:128::28"]}}, {}),
                ("args", {"args": {"cni": {"ips": [wished]}}}, {}),
                ("CNI_ARGS", {}, {"CNI_ARGS": f"IgnoreUnknown=1;K8S_POD_NAME=x;IP={wished}"})):
            with self.subTest(name):
                container = self.container()
                self.add(container, self.node.configuration(**more), **variables)
                self.assertIn(wished, container.addresses())
                self.delete(container)

    def test_the_nodes_end_says_whose_it_is_and_what_the_pod_is_called(self):
        pod = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"
        for container, variables, also in ((self.container(), {"CNI_ARGS": f"IgnoreUnknown=1;{pod}"}, " default/web"),
                                           (self.container(), {}, "")):
            self.add(container, **variables)
            self.assertEqual(self.node.aliases(), {f"{NETWORK}/{container.name}/eth0{also}"})
            self.delete(container)

    def test_a_key_that_is_too_long_for_an_alias_is_no_hindrance(self):
        container = self.container("c" * 255)
        self.add(container, CNI_ARGS="K8S_POD_NAMESPACE=default;K8S_POD_NAME=web")
        self.assertEqual(self.node.aliases(), set())
        self.delete(container)

    def test_a_mac_address_can_be_wished_for(self):
        for more, variables in (({"runtimeConfig": {"mac": "02:00:00:00:00:07"}}, {}),
                                ({}, {"CNI_ARGS": "MAC=02:00:00:00:00:07"})):
            container = self.container()
            configuration = self.node.configuration(**more)
            result = self.add(container, configuration, **variables)
            self.assertEqual(result["interfaces"][1]["mac"], "02:00:00:00:00:07")
            self.assertEqual(container.ip("link", "show", "eth0")[0]["address"], "02:00:00:00:00:07")
            container.run("ping", "-c", "1", "-W", "2", "10.128.0.0")
            self.delete(container)

    def test_a_wish_that_cannot_come_true_is_refused(self):
        taken = self.container()
        self.add(taken, self.node.configuration(runtimeConfig={"ips": ["10.128.0.9"]}))
        for address, code, reason in (("10.128.0.9", 106, f"/{taken.name}/eth0"),
                                      ("192.0.2.1", 106, "192.0.2.1 is not the cluster's"),
                                      ("fd00:99::1", 106, "fd00:99::1 is not the cluster's"), ("no", 7, "")):
            configuration = self.node.configuration(runtimeConfig={"ips": [address]})
            self.refused(code, reason, configuration=configuration)
        self.refused(7, configuration=self.node.configuration(
            runtimeConfig={"ips": ["10.128.0.10"]}, args={"cni": {"ips": ["10.128.0.11"]}}))
        for arguments in ("IP=10.128.0", "MAC=ff:ff:ff:ff:ff:ff", "IP"):
            self.refused(4, "CNI_ARGS", CNI_ARGS=arguments)

    def test_a_refused_add_leaves_nothing(self):
        container = self.container()
        container.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other")
        before = self.node.links()
        self.refused(105, "eth0", container=container)
        self.assertEqual(self.node.links(), before)
        container.run("ip", "link", "del", "eth0")
        self.assertEqual(self.add(container)["ips"][0]["address"], "10.128.0.1/32")  # never leased before

    def test_full_blocks_mean_try_again_later(self):
        containers = [self.container() for _ in range(LAST_OF_BLOCK - 1)]
        for container in containers:  # one address is the node's own
            self.add(container)
        self.refused(11, "no address left")
        answer = self.node.call("STATUS")
        self.assertEqual(answer.code, 50, answer)
        self.delete(containers[0])
        self.add(containers[0])  # a resting address is better than none

    def test_an_add_that_was_killed_can_be_repeated(self):
        container = self.container()
        self.add(container)
        link = (self.node.links()).pop()
        # As if it had ended before its last step, which makes the node's routes.
        for family in ("-4", "-6"):
            self.node.ip(family, "route", "flush", "dev", link)
        self.add(container)
        self.delete(container)
        self.assertEqual(self.node.links(), set())


class InputTest(PluginTest):
    def test_missing_variables_are_named_all_at_once(self):
        for command, missing in (("ADD", ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME")),
                                 ("CHECK", ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME")),
                                 ("DEL", ("CNI_CONTAINERID", "CNI_IFNAME"))):
            environment = {"CNI_COMMAND": command, "ASAN_OPTIONS": "detect_leaks=0"}
            answer = self.node.call_text(environment, json.dumps(self.node.configuration()))
            self.assertEqual(answer.code, 4, answer)
            for name in missing:
                self.assertIn(name, answer.json()["msg"])

    def test_wrong_variables_are_named(self):
        for name, value, code in (("CNI_COMMAND", "FROB", 4), ("CNI_CONTAINERID", "../x", 4),
                                  ("CNI_CONTAINERID", "-x", 4), ("CNI_IFNAME", "sixteen-octets-x", 4),
                                  ("CNI_IFNAME", "a/b", 4), ("CNI_IFNAME", "..", 4),
                                  ("CNI_NETNS", "/no/such", 8), ("CNI_NETNS", "/etc/hostname", 8),
                                  ("CNI_NETNS", "/proc/self/ns/uts", 8), ("CNI_NETNS", "/proc/self/ns/net", 8)):
            with self.subTest(name=name, value=value):
                environment = self.node.environment("ADD", self.container(), **{name: value})
                answer = self.node.call_text(environment, json.dumps(self.node.configuration()))
                self.assertEqual(answer.code, code, answer)
                self.assertIn(name, answer.json()["msg"])

    def test_wrong_configurations_have_their_codes(self):
        ours = self.node.configuration()
        for text, code in (("", 6), ("{", 6), ("[]", 6), ("\x00", 6), ('"x"', 6),
                           (json.dumps({**ours, "cniVersion": "2.0.0"}), 1),
                           (json.dumps({**ours, "cniVersion": 1}), 7),
                           (json.dumps({**ours, "name": ""}), 7), (json.dumps({**ours, "name": "a/b"}), 7),
                           (json.dumps({**ours, "type": None}), 7), (json.dumps({**ours, "ipam": 3}), 7),
                           (json.dumps({**ours, "ipam": {"type": "host-local"}}), 2),
                           (json.dumps({**ours, "ipMasq": True}), 2),
                           (json.dumps({**ours, "nodeFile": "relative"}), 7),
                           (json.dumps({**ours, "prevResult": []}), 7),
                           (json.dumps({**ours, "prevResult": {"ips": "x"}}), 7)):
            with self.subTest(text):
                answer = self.node.call_text(self.node.environment("ADD", self.container()), text)
                self.assertEqual(answer.code, code, answer)
        self.assertEqual(self.node.links(), set())


class StateTest(PluginTest):
    """What the daemon left, or did not."""

    def test_an_absent_node_file(self):
        self.node.node_file.unlink()
        self.refused(11, "node.json")
        self.assertEqual(self.node.call("STATUS").code, 50)
        self.delete(self.container(), self.node.configuration(leaseFile=str(self.node.folder / "none")))

    def test_a_node_file_that_is_cut_off_or_newer(self):
        whole = self.node.node_file.read_text()
        for text, code in ((whole[:20], 101), ("", 101), (whole.replace('"mtu":1450', '"mtu":1'), 101),
                           (whole.replace('"version":1', '"version":2'), 102)):
            self.node.node_file.write_text(text)
            self.refused(code, "node.json")
            self.assertEqual(self.node.call("STATUS").code, 50)

    def test_del_is_asked_again_while_the_node_file_cannot_be_read(self):
        container = self.container()
        self.add(container)
        whole = self.node.node_file.read_text()
        for text in (whole[:20], "", whole.replace('"version":1', '"version":2')):
            self.node.node_file.write_text(text)
            self.refused(11, "node.json", command="DEL", container=container)
        self.assertEqual((self.node.links(), container.links()), (set(), set()))
        self.node.node_file.write_text(whole)
        self.delete(container)
        with contextlib.closing(sqlite3.connect(self.node.folder / "leases.sqlite")) as leases:
            self.assertEqual(leases.execute("SELECT key FROM leases WHERE key LIKE ?",
                                            (f"%{container.name}%",)).fetchall(), [])

    def test_a_node_that_was_not_confirmed_for_too_long(self):
        content = json.loads(self.node.node_file.read_text())
        self.node.node_file.write_text(json.dumps({**content, "offlineMaxNs": 1}))
        self.refused(11, "confirmed")
        self.assertEqual(self.node.call("STATUS").code, 51)

    def test_del_needs_neither_node_nor_namespace(self):
        container = self.container()
        self.add(container)
        configuration = self.node.configuration(leaseFile=str(self.node.folder / "leases.sqlite"))
        self.node.node_file.unlink()
        self.delete(container, configuration, CNI_NETNS="")
        self.assertEqual(self.node.links(), set())

    def test_a_full_disk_is_not_taken_for_full_blocks(self):
        disk = self.node.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        for file in self.node.folder.glob("leases.sqlite*"):
            shutil.copy(file, disk)
        configuration = self.node.configuration(leaseFile=str(disk / "leases.sqlite"))
        with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(512))
        answer = self.refused(5, "No space left", configuration=configuration)
        self.assertIn("free space", answer.json()["details"])
        (disk / "filler").unlink()
        self.add(self.container(), configuration)

    def test_a_database_that_is_none(self):
        for file in self.node.folder.glob("leases.sqlite-*"):
            file.unlink()
        (self.node.folder / "leases.sqlite").write_text("this is no database at all, and long enough")
        self.assertIn("flatlan ipam rebuild", self.refused(103).json()["details"])
        self.assertEqual(self.node.call("STATUS").code, 50)

    def test_del_of_a_damaged_database_waits_in_the_journal(self):
        container = self.container()
        self.add(container)
        for file in self.node.folder.glob("leases.sqlite-*"):
            file.unlink()
        (self.node.folder / "leases.sqlite").write_text("this is no database at all, and long enough")
        journal = self.node.folder / "leases.sqlite.releases"
        journal.mkdir()  # so that not even it can be written
        self.refused(11, container.name, command="DEL", container=container)
        journal.rmdir()
        self.delete(container)
        self.assertEqual(journal.read_text(), f"net/{container.name}/eth0\n")
        self.assertEqual((self.node.links(), container.links()), (set(), set()))

    def test_del_of_a_locked_database_is_made_up_for(self):
        container, other = self.container(), self.container()
        address = self.add(container)["ips"][0]["address"].split("/")[0]
        with self.locked_database():
            self.delete(container)
        self.add(other, CNI_ARGS=f"IP={address}")

    @contextlib.contextmanager
    def locked_database(self):
        """All of it, as somebody who has the lock and does not give it back (F_OFD_SETLK)."""
        with open(self.node.folder / "leases.sqlite.lock", "rb+") as queue:
            fcntl.fcntl(queue, 37, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            yield

    def test_a_database_that_stays_locked(self):
        with self.locked_database():
            container = self.container()
            self.assertIn("come to an end", self.refused(11, "locked", container=container).json()["details"])
        self.assertEqual((self.node.links(), container.links()), (set(), set()))
        self.add(container)

    def test_the_log_has_a_line_for_each_call(self):
        log = self.node.folder / "log"
        configuration = self.node.configuration(logFile=str(log))
        container = self.container()
        self.add(container, configuration)
        self.refused(105, container=container, configuration=configuration)
        lines = log.read_text().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(f"ADD net/{container.name}/eth0 done in", lines[0])
        self.assertIn("failed with 105", lines[1])


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
