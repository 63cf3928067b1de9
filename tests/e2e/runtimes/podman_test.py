#!/usr/bin/env python3
"""podman with its CNI backend on two emulated nodes: containers of flatlan-cni talk to each other without NAT.

usage: podman_test.py PLUGIN CNI_NODE [UNITTEST-ARGUMENT...]
"""
import json
import os
import sys
import unittest

from runtime_nodes import Cluster, begin, make_image, remove_control_groups, wait_for

PLUGIN, MAKER = sys.argv[1], sys.argv[2]
CONTROL_GROUP = f"flatlan-test-{os.getpid()}"
SETTINGS = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "none"
[network]
network_backend = "cni"
cni_plugin_dirs = ["{plugins}", "/usr/lib/cni"]
network_config_dir = "{networks}"
default_network = "flat"
"""


class Podman:
    """podman on one node, with storage, state and settings of its own."""

    def __init__(self, node):
        self.node, self.folder = node, node.folder
        networks = self.folder / "networks"
        networks.mkdir()
        (networks / "10-flat.conflist").write_text(json.dumps(node.conflist()))
        settings = SETTINGS.format(plugins=os.path.dirname(PLUGIN), networks=networks)
        (self.folder / "containers.conf").write_text(settings)

    def __call__(self, *words, check=True):
        return self.node.run("env", f"CONTAINERS_CONF={self.folder}/containers.conf", "podman", "--root",
                             self.folder / "storage", "--runroot", self.folder / "run", "--tmpdir",
                             self.folder / "tmp", "--storage-driver", "vfs", *words, check=check)

    def start(self, name, *more):
        self("run", "-d", "--name", name, "--network", "flat", "--cgroup-parent", f"/{CONTROL_GROUP}", *more,
             "localhost/box:1", "/bin/sleep", "infinity")

    def addresses(self, name):
        """What the container itself sees: one address of each family."""
        text = self("exec", name, "ip", "-o", "address", "show", "dev", "eth0").stdout
        words = [line.split() for line in text.splitlines() if " fe80:" not in line]
        return {line[2]: line[3].split("/")[0] for line in words}


class PodmanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(PLUGIN, MAKER)
        image = cls.cluster.folder / "image.tar"
        make_image(image, "localhost/box:1")
        cls.one, cls.two = (Podman(node) for node in cls.cluster.nodes)
        for podman in (cls.one, cls.two):
            podman("load", "-i", image)

    @classmethod
    def tearDownClass(cls):
        for podman in (cls.one, cls.two):
            podman("rm", "-f", "-a", "-t", "0", check=False)
        cls.cluster.close()
        remove_control_groups(CONTROL_GROUP)

    def setUp(self):
        self.addCleanup(self.remove_all)

    def remove_all(self):
        for podman in (self.one, self.two):
            podman("rm", "-f", "-a", "-t", "0")
            self.assertEqual((podman.node.pod_links(), podman.node.leases()), ([], []))

    def test_containers_of_two_nodes_talk_without_nat(self):
        self.one.start("server")
        self.two.start("client")
        server, client = self.one.addresses("server"), self.two.addresses("client")
        self.assertEqual(server["inet"].rsplit(".", 1)[0], "10.128.0")
        self.assertNotEqual(server["inet"], client["inet"])
        for address in server.values():
            self.two("exec", "client", "ping", "-c", "1", "-W", "5", address)
        for family, address in server.items():
            self.assert_server_sees(client[family], address)

    def assert_server_sees(self, client, server):
        """The server's own table of connections names the client's own address."""
        self.one("exec", "-d", "server", "nc", "-ll", "-p", "8080", "-e", "sleep", "30")

        def connected():
            self.two("exec", "-d", "client", "sh", "-c", f"sleep 20 | nc -w 5 {server} 8080", check=False)
            table = self.one("exec", "server", "sh", "-c", "cat /proc/net/tcp /proc/net/tcp6").stdout
            return octets_of(client) in table
        wait_for(f"a connection from {client} to {server}", connected)

    def test_a_wished_address_and_mac_come_true(self):
        self.one.start("wish", "--ip", "10.128.0.40", "--mac-address", "02:00:00:00:00:28")
        self.assertEqual(self.one.addresses("wish")["inet"], "10.128.0.40")
        link = self.one("exec", "wish", "ip", "link", "show", "eth0").stdout
        self.assertIn("02:00:00:00:00:28", link)

    def test_a_wish_that_cannot_come_true_is_podmans_error(self):
        failed = self.one("run", "--rm", "--network", "flat", "--ip", "192.0.2.1", "localhost/box:1", "/bin/echo",
                          check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("192.0.2.1", failed.stderr)

    def test_a_published_port_leads_to_the_container(self):
        self.one.start("web", "-p", "8088:80")
        self.one("exec", "-d", "web", "httpd", "-f", "-p", "80", "-h", "/etc")
        self.one("exec", "web", "sh", "-c", "echo flat > /etc/page")
        own = "172.16.0.1"
        wait_for("the page", lambda: self.two.node.run(
            "curl", "-s", "--noproxy", "*", "-m", "5", f"http://{own}:8088/page", check=False).stdout == "flat\n")

    def test_a_restart_keeps_the_node_clean(self):
        self.one.start("again")
        first = self.one.addresses("again")
        self.one("restart", "-t", "0", "again")
        self.assertEqual(len(self.one.node.pod_links()), 1)
        self.assertEqual(len(self.one.node.leases()), 1)
        self.assertEqual(self.one.addresses("again").keys(), first.keys())


def octets_of(address):
    """The address as /proc/net/tcp and tcp6 write it."""
    import ipaddress
    packed = ipaddress.ip_address(address).packed
    return "".join(packed[at:at + 4][::-1].hex().upper() for at in range(0, len(packed), 4))


if __name__ == "__main__":
    begin(["podman", "runc", "busybox", "curl"])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
