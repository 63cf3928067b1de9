"""Two nodes with a cable between them and a pod each, connected in one of several ways.

Addresses and names are those of tests/support/sample_cluster.hpp. Everything is in network namespaces n0,
n1, p0 and p1 of /run/netns, which must be the caller's own (unshare --net --mount, a tmpfs on /run).
"""

import subprocess
import sys

import measure

HERE = measure.BUILD / "tests/bench/tunnel"
NAMESPACES = ("n0", "n1", "p0", "p1")
OVERHEAD = 50  # outer IPv4, UDP, VXLAN, inner Ethernet

# What carries packets between the nodes, and what it is made of.
WAYS = {
    "underlay": "the cable alone, from node to node",
    "routes": "routes on the cable, made by hand with ip",
    "direct": "flatlan's backend direct",
    "direct-counts": "the same, without counts by peer",
    "vxlan": "a VXLAN device made by hand with ip",
    "kernel": "flatlan's backend kernel",
    "kernel+check": "the same, with the sender check",
    "kernel-counts": "the same, without counts by peer",
    "user": "flatlan's backend user over TUN",
    "user-veth": "flatlan's backend user over veth",
}
# The words of tunnel_end for the ways that are flatlan's.
BACKENDS = {"direct": "direct", "direct-counts": "direct-uncounted", "kernel": "kernel", "kernel+check": "checked", "kernel-counts": "uncounted",
            "user": "tun", "user-veth": "veth"}
WITHOUT_TUNNEL = ("underlay", "routes", "direct", "direct-counts")


def ip(*words):
    measure.run("ip", *words)


def in_node(name, *command):
    return measure.run("ip", "netns", "exec", name, *command)


class TwoNodes:
    def __init__(self, way, mtu):
        self.way, self.mtu, self.ends = way, mtu, []
        self.inner = mtu if way in WITHOUT_TUNNEL else mtu - OVERHEAD
        for name in NAMESPACES:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", "n0", "link", "add", "eth0", "mtu", str(mtu), "type", "veth", "peer", "name", "eth0",
           "netns", "n1", "mtu", str(mtu))
        for node in (0, 1):
            self._add_node(node)
        for node in (0, 1):
            self._connect(node)
        pods = way != "underlay"
        self.source, self.target = ("p0", "p1") if pods else ("n0", "n1")
        self.source_ip = "10.128.0.2" if pods else "172.16.0.1"
        self.target_ip = "10.128.0.66" if pods else "172.16.0.2"
        self._wait_until_connected()

    def _add_node(self, node):
        name, pod = f"n{node}", f"p{node}"
        ip("-n", name, "address", "add", f"172.16.0.{node + 1}/12", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        in_node(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        ip("-n", pod, "link", "add", "eth0", "mtu", str(self.inner), "type", "veth", "peer", "name", "pod",
           "netns", name, "mtu", str(self.inner))
        ip("-n", pod, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "pod", "up")
        address = f"10.128.0.{2 + 64 * node}"
        ip("-n", pod, "address", "add", f"{address}/32", "dev", "eth0")
        ip("-n", pod, "route", "add", "169.254.1.1", "dev", "eth0")
        ip("-n", pod, "route", "add", "default", "via", "169.254.1.1", "dev", "eth0")
        ip("-n", name, "address", "add", "169.254.1.1/32", "dev", "pod")
        ip("-n", name, "route", "add", f"{address}/32", "dev", "pod")

    def _connect(self, node):
        name, other = f"n{node}", 1 - node
        block, gateway = f"10.128.0.{64 * other}/26", f"10.128.0.{64 * other + 1}"
        if self.way == "routes":
            ip("-n", name, "route", "add", block, "via", f"172.16.0.{other + 1}")
        if self.way == "vxlan":
            own, macs = f"10.128.0.{64 * node + 1}", [f"02:00:00:00:00:0{i + 1}" for i in (0, 1)]
            ip("-n", name, "link", "add", "vx", "address", macs[node], "type", "vxlan", "id", "1", "local",
               f"172.16.0.{node + 1}", "dstport", "4789", "nolearning")
            ip("-n", name, "link", "set", "vx", "mtu", str(self.inner), "up")
            ip("-n", name, "address", "add", f"{own}/32", "dev", "lo")
            in_node(name, "bridge", "fdb", "append", macs[other], "dev", "vx", "dst", f"172.16.0.{other + 1}")
            ip("-n", name, "neighbour", "add", gateway, "lladdr", macs[other], "dev", "vx", "nud", "permanent")
            ip("-n", name, "route", "add", block, "via", gateway, "dev", "vx", "onlink", "src", own)
        if self.way in BACKENDS:
            end = subprocess.Popen(
                [HERE / "tunnel_end", f"/run/netns/{name}", BACKENDS[self.way], str(node), str(self.mtu)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.ends.append(end)
            if not end.stdout.readline().startswith("ready"):
                sys.exit(f"no tunnel of the kind {self.way}")

    def use_congestion_control(self, name):
        """Of TCP connections from their first packet on. Given to a socket that began with BBR, another would be paced on."""
        if self.way == "underlay":
            for node in (0, 1):
                ip("-n", f"n{node}", "route", "add", f"172.16.0.{2 - node}", "dev", "eth0", "congctl", name)
        else:
            for pod in (self.source, self.target):
                ip("-n", pod, "route", "change", "default", "via", "169.254.1.1", "dev", "eth0", "congctl", name)

    def _wait_until_connected(self):
        for _ in range(20):
            ping = ["ip", "netns", "exec", self.source, "ping", "-c1", "-W1", self.target_ip]
            if subprocess.run(ping, capture_output=True).returncode == 0:
                return
        sys.exit(f"{self.way}: the target does not answer")

    def close(self):
        for end in self.ends:
            end.stdin.close()
            end.wait()
        for name in NAMESPACES:
            ip("netns", "delete", name)

    def memory_mib(self):
        """The most that one of the tunnel's own processes had at a time."""
        peaks = [0.0]
        for end in self.ends:
            for line in open(f"/proc/{end.pid}/status"):
                if line.startswith("VmHWM"):
                    peaks.append(int(line.split()[1]) / 1024)
        return max(peaks)
