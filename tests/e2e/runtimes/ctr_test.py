#!/usr/bin/env python3
"""containerd's `ctr run --cni` on two emulated nodes: containers of flatlan-cni talk to each other without NAT.

usage: ctr_test.py PLUGIN CNI_NODE [UNITTEST-ARGUMENT...]
"""
import json
import subprocess
import sys
import unittest

from runtime_nodes import DEADLINE_S, Cluster, begin, make_image, wait_for

PLUGIN, MAKER = sys.argv[1], sys.argv[2]
IMAGE = "localhost/box:1"
SETTINGS = """
version = 2
root = "{folder}/storage"
state = "{folder}/tasks"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{folder}/containerd.sock"
[ttrpc]
address = "{folder}/containerd.sock.ttrpc"
"""


class Containerd:
    """containerd on one node, and its client."""

    def __init__(self, node):
        self.node, self.folder = node, node.folder
        self.running, self.execs = {}, 0
        # ctr knows no other folders than these; they are this node's own.
        node.run("sh", "-c", "mount -t tmpfs none /opt && mkdir -p /opt/cni/bin && mount -t tmpfs none /etc/cni && "
                 f"mkdir /etc/cni/net.d && ln -s {PLUGIN} /usr/lib/cni/portmap /opt/cni/bin/")
        node.run("sh", "-c", "cat > /etc/cni/net.d/10-flat.conflist", input=json.dumps(node.conflist()))
        (self.folder / "config.toml").write_text(SETTINGS.format(folder=self.folder))
        self.log = open(self.folder / "containerd.log", "w")
        self.process = subprocess.Popen(node.enter("containerd", "-c", self.folder / "config.toml"),
                                        stdout=self.log, stderr=self.log)
        wait_for("containerd", lambda: self("version", check=False).returncode == 0)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def __call__(self, *words, check=True):
        return self.node.run("ctr", "--address", self.folder / "containerd.sock", *words, check=check)

    def start(self, name):
        """In the foreground: ctr 1.6 calls DEL only then, at its own end."""
        words = self.node.enter("ctr", "--address", self.folder / "containerd.sock", "run", "--rm", "--cni",
                                "--snapshotter", "native", IMAGE, name, "/bin/sleep", "1000")
        self.running[name] = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for(name, lambda: [name, "RUNNING"] in [line.split()[::2] for line in
                                                     self("task", "ls").stdout.splitlines()])

    def exec(self, name, *words, check=True):
        self.execs += 1
        return self("task", "exec", "--exec-id", f"exec{self.execs}", name, *words, check=check)

    def stop(self, name):
        self("task", "kill", "-s", "KILL", name)
        self.running.pop(name).wait(timeout=DEADLINE_S)

    def address(self, name, family):
        words = self.exec(name, "ip", "-o", family, "address", "show", "dev", "eth0").stdout.split()
        return words[3].split("/")[0]


class CtrTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(PLUGIN, MAKER)
        image = cls.cluster.folder / "image.tar"
        make_image(image, IMAGE)
        cls.both = []
        for node in cls.cluster.nodes:
            cls.both.append(Containerd(node))
            cls.both[-1]("image", "import", "--snapshotter", "native", image)

    @classmethod
    def tearDownClass(cls):
        for containerd in cls.both:
            containerd.close()
        cls.cluster.close()

    def test_containers_of_two_nodes_talk_without_nat(self):
        one, two = self.both
        names = ["web.1_a-b", "client-2"]
        for containerd, name in zip(self.both, names):
            containerd.start(name)
        for family in ("-4", "-6"):
            server, client = one.address(names[0], family), two.address(names[1], family)
            self.assertNotEqual(server, client)
            two.exec(names[1], "ping", "-c", "1", "-W", "5", server)
            self.assert_server_sees(client, server, names)
        for containerd, name in zip(self.both, names):
            self.assertEqual(len(containerd.node.leases()), 1)
            containerd.stop(name)
            self.assertEqual((containerd.node.pod_links(), containerd.node.leases()), ([], []), containerd.node.log())
        # ctr's DEL comes without CNI_NETNS.
        self.assertIn(" DEL flat/default-web.1_a-b/eth0 done", one.node.log())

    def assert_server_sees(self, client, server, names):
        """A capture of one ping, beside the server's end: its source is the client's own address."""
        one, two = self.both
        link = one.node.pod_links()[0]
        capture = subprocess.Popen(one.node.enter("tcpdump", "-nlqi", link, "-c", "1", "--immediate-mode",
                                                  "(icmp or icmp6) and src", client),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def seen():
            two.exec(names[1], "ping", "-c", "1", "-W", "1", server, check=False)
            return capture.poll() is not None
        wait_for("a packet from " + client, seen)
        self.assertIn(f" {client} > {server}", capture.communicate()[0])

    def test_a_container_that_ends_by_itself_leaves_nothing(self):
        one = self.both[0]
        done = one("run", "--rm", "--cni", "--snapshotter", "native", IMAGE, "short-1", "/bin/ip", "-4", "address")
        self.assertIn("10.128.0.", done.stdout)
        self.assertEqual((one.node.pod_links(), one.node.leases()), ([], []))


if __name__ == "__main__":
    begin(["containerd", "ctr", "runc", "tcpdump", "busybox"])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
