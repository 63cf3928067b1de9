#!/usr/bin/env python3
"""`flatlan doctor --node` finds what breaks pods' networking on a host: each fault is made for real, on a node that is
a network namespace with a VXLAN device, an underlay and a neighbour.

usage: node_test.py FLATLAN
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CHECK_ANSWERS = HERE.parents[3] / "tests" / "golden" / "cli" / "check_answers"
FLATLAN = None
NODE_FILE = {"version": 1, "node": "n1", "overlay": ["10.244.0.0"], "clusterPrefixes": ["10.244.0.0/16"], "mtu": 1450,
             "leaseFile": "/var/lib/flatlan/leases.sqlite",
             "confirmed": {"boot": "11111111-2222-4333-8444-555555555555", "atNs": 1}}


def enter_own_namespaces():
    if os.environ.get("FLATLAN_TEST_NAMESPACES"):
        return
    if os.geteuid() != 0:
        print("skipped: a node is looked at by root alone")
        sys.exit(77)
    os.environ["FLATLAN_TEST_NAMESPACES"] = "1"
    # LeakSanitizer does not work in a PID namespace that a process was moved into.
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


def sh(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


class Node(unittest.TestCase):
    """One host, made new for each test: eth1 192.168.56.11 with a neighbour 192.168.56.12, and flat0 over it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-doctor-"))
        self.node_file = self.folder / "node.json"
        self.node_file.write_text(self.node_json())
        # The host's own namespace is this program's; its neighbour lives in another one.
        self.neighbour = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        self.addCleanup(self.end)
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "link", "add", "eth1", "address", "02:00:00:00:00:01", "type", "veth", "peer", "name", "there")
        self.wait_for_namespace()
        sh("ip", "link", "set", "there", "netns", self.neighbour.pid, "name", "eth1")
        sh("ip", "address", "add", "192.168.56.11/24", "dev", "eth1")
        sh("ip", "link", "set", "eth1", "up")
        self.there("ip", "link", "set", "eth1", "address", "02:00:00:00:00:02", "up")
        self.there("ip", "address", "add", "192.168.56.12/24", "dev", "eth1")
        sh("ip", "link", "add", "flat0", "mtu", "1450", "type", "vxlan", "id", "1", "local", "192.168.56.11",
           "dstport", "4789", "nolearning")
        sh("ip", "link", "set", "flat0", "up")
        sh("bridge", "fdb", "add", "02:00:00:00:01:02", "dev", "flat0", "dst", "192.168.56.12", "self", "permanent")
        self.sysctl("net/ipv4/ip_forward", 1)
        for name in ("all", "eth1", "flat0"):
            self.sysctl(f"net/ipv4/conf/{name}/rp_filter", 0)

    def node_json(self):
        return json.dumps(NODE_FILE)

    def wait_for_namespace(self):
        ours = os.stat("/proc/self/ns/net").st_ino
        while os.stat(f"/proc/{self.neighbour.pid}/ns/net").st_ino == ours:
            self.assertIsNone(self.neighbour.poll())

    def end(self):
        self.neighbour.kill()
        self.neighbour.wait()
        for device in ("flat0", "eth1", "eth2"):
            subprocess.run(["ip", "link", "delete", device], capture_output=True)
        sh("nft", "flush", "ruleset")
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()

    def there(self, *words):
        return sh("nsenter", f"--net=/proc/{self.neighbour.pid}/ns/net", *words)

    def sysctl(self, path, value):
        pathlib.Path("/proc/sys", path).write_text(f"{value}\n")

    def run_doctor(self, *words):
        return subprocess.run([FLATLAN, "doctor", "--node", "--node-file", str(self.node_file), *words],
                              capture_output=True, text=True)

    def report(self):
        """The checks by name; the answer fits its schema, and the exit status says the same."""
        done = self.run_doctor("--output", "json")
        self.assertEqual(done.stderr, "")
        subprocess.run([CHECK_ANSWERS, "doctor-node", "-"], input=done.stdout, text=True, check=True)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if answer["healthy"] else 1, done.stdout)
        return {check["name"]: check for check in answer["checks"]}

    def assert_broken(self, name, mentions):
        check = self.report()[name]
        self.assertEqual(check["state"], "broken", check)
        self.assertIn(mentions, check["found"])
        return check["mend"]

    def assert_mended(self, name):
        check = self.report()[name]
        self.assertEqual(check["state"], "ok", check)

    def test_nothing_is_broken_on_a_host_as_it_should_be(self):
        checks = self.report()
        for name in ("tunnel device", "forward filter", "tunnel port", "forwarding", "reverse path filter", "mtu",
                     "kernel modules", "same address", "network managers", "daemon"):
            self.assertEqual(checks[name]["state"], "ok", checks[name])
        text = self.run_doctor()
        self.assertEqual(text.returncode, 0, text.stdout)
        self.assertIn("Nothing on this host breaks pods' networking.", text.stdout)
        self.assertIn("nobody else answers for 192.168.56.11", text.stdout)

    def test_it_leaves_no_trace(self):
        seen = lambda: (sh("ip", "-4", "-o", "address"), sh("ip", "-4", "neighbour"), sh("nft", "list", "ruleset"))
        before = seen()
        self.report()
        self.assertEqual(seen(), before)

    def test_dockers_policy_is_found_and_its_mend_helps(self):
        for words in (["-P", "FORWARD", "DROP"], ["-N", "DOCKER-USER"], ["-A", "DOCKER-USER", "-j", "RETURN"],
                      ["-A", "FORWARD", "-j", "DOCKER-USER"],
                      ["-A", "FORWARD", "-o", "docker0", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j",
                       "ACCEPT"]):
            sh("iptables-nft", *words)
        mend = self.assert_broken("forward filter", "chain FORWARD: policy drop")
        self.assertIn("DOCKER-USER", mend)
        sh("sh", "-c", mend.replace("iptables ", "iptables-nft "))
        self.assert_mended("forward filter")

    def test_a_firewall_of_nft_is_found_and_its_mend_helps(self):
        sh("nft", "add table inet host; add chain inet host forward { type filter hook forward priority 0; policy drop; }")
        mend = self.assert_broken("forward filter", "table inet host, chain forward: policy drop")
        sh("sh", "-c", mend)
        self.assert_mended("forward filter")

    def test_a_closed_tunnel_port_is_found_and_its_mend_helps(self):
        sh("nft", "add table inet host; add chain inet host in { type filter hook input priority 0; policy drop; }; "
                  "add rule inet host in tcp dport 22 accept")
        mend = self.assert_broken("tunnel port", "UDP port 4789")
        sh("sh", "-c", mend)
        self.assert_mended("tunnel port")

    def test_forwarding_that_is_off_is_found_and_its_mend_helps(self):
        self.sysctl("net/ipv4/ip_forward", 0)
        mend = self.assert_broken("forwarding", "net.ipv4.ip_forward is 0")
        sh("sh", "-c", mend)
        self.assert_mended("forwarding")

    def test_the_tunnels_device_must_forward_too(self):
        self.sysctl("net/ipv4/conf/flat0/forwarding", 0)
        sh("sh", "-c", self.assert_broken("forwarding", "net.ipv4.conf.flat0.forwarding is 0"))
        self.assert_mended("forwarding")

    def test_ipv6_that_is_off_is_found_where_pods_have_it(self):
        self.node_file.write_text(json.dumps({**NODE_FILE, "clusterPrefixes": ["10.244.0.0/16", "fd00:10:244::/56"]}))
        self.sysctl("net/ipv6/conf/all/forwarding", 1)
        self.sysctl("net/ipv6/conf/flat0/disable_ipv6", 1)
        sh("sh", "-c", self.assert_broken("forwarding", "net.ipv6.conf.flat0.disable_ipv6 is 1"))
        self.assert_mended("forwarding")

    def test_drops_at_every_hook_are_found_and_their_mends_help(self):
        for check, family, hook in (("forward filter", "netdev", "ingress device flat0"),
                                    ("forward filter", "inet", "prerouting"), ("tunnel port", "ip", "prerouting"),
                                    ("tunnel port", "netdev", "ingress device eth1"), ("tunnel port", "inet", "output")):
            with self.subTest(check=check, family=family, hook=hook):
                rule = "udp dport 4789 drop" if check == "tunnel port" else "ip saddr 10.244.0.0/16 drop"
                sh("nft", f"add table {family} host; add chain {family} host way {{ type filter hook {hook} priority 0; }}; "
                          f"add rule {family} host way {rule}")
                mend = self.assert_broken(check, f"table {family} host, chain way: rule '{rule}'")
                sh("sh", "-c", mend)
                self.assert_mended(check)
                sh("nft", "flush", "ruleset")

    def test_a_port_that_is_open_for_one_peer_of_two_is_found(self):
        sh("bridge", "fdb", "add", "02:00:00:00:01:03", "dev", "flat0", "dst", "192.168.56.13", "self", "permanent")
        sh("nft", "add table inet host; add chain inet host in { type filter hook input priority 0; policy drop; }; "
                  "add rule inet host in ip saddr 192.168.56.12 udp dport 4789 accept")
        self.assert_broken("tunnel port", "policy drop")
        sh("nft", "add rule inet host in ip saddr 192.168.56.13 udp dport 4789 accept")
        self.assert_mended("tunnel port")

    def test_a_masquerade_of_everything_is_found_and_its_mend_helps(self):
        sh("iptables-nft", "-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE")
        check = self.report()["address translation"]
        self.assertEqual(check["state"], "doubtful", check)
        sh("sh", "-c", check["mend"])
        self.assert_mended("address translation")

    def test_a_strict_reverse_path_filter_is_found_where_the_way_back_is_another(self):
        sh("ip", "link", "add", "eth2", "type", "veth", "peer", "name", "eth3")
        sh("ip", "address", "add", "192.168.57.11/24", "dev", "eth2")
        sh("ip", "link", "set", "eth3", "up")
        sh("ip", "link", "set", "eth2", "up")
        sh("ip", "route", "add", "192.168.56.12/32", "via", "192.168.57.1", "dev", "eth2", "onlink")
        self.sysctl("net/ipv4/conf/eth1/rp_filter", 1)
        mend = self.assert_broken("reverse path filter", "192.168.56.12")
        sh("sh", "-c", mend)
        self.assertEqual(self.report()["reverse path filter"]["state"], "doubtful")

    def test_an_underlay_too_narrow_is_found_and_its_mend_helps(self):
        sh("ip", "link", "set", "eth1", "mtu", "1400")
        mend = self.assert_broken("mtu", "eth1 1400")
        sh("sh", "-c", mend)
        self.assert_mended("mtu")

    def test_the_same_address_on_another_node_is_found(self):
        self.there("ip", "address", "add", "192.168.56.11/24", "dev", "eth1")
        self.assert_broken("same address", "02:00:00:00:00:02 on eth1 has 192.168.56.11 too")

    def test_an_address_that_is_gone_is_found(self):
        self.assert_mended("own address")
        sh("ip", "address", "delete", "192.168.56.11/24", "dev", "eth1")
        self.assert_broken("own address", "no interface has 192.168.56.11")
        sh("ip", "address", "add", "192.168.56.11/24", "dev", "eth1")
        self.assert_mended("own address")

    def test_another_interface_of_this_host_is_no_other_node(self):
        self.there("ip", "link", "add", "segment", "type", "bridge")
        sh("ip", "link", "add", "eth2", "type", "veth", "peer", "name", "eth3", "netns", str(self.neighbour.pid))
        for port in ("eth1", "eth3"):
            self.there("ip", "link", "set", port, "master", "segment", "up")
        self.there("ip", "link", "set", "segment", "up")
        sh("ip", "link", "set", "eth2", "up")
        self.assert_mended("same address")

    def test_wrong_checksums_that_come_now_are_doubtful(self):
        # Datagrams whose checksum the sender makes up: by a raw socket, which leaves it alone.
        code = ("import socket, struct, time\ns = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)\n"
                "while True:\n"
                "    s.sendto(struct.pack('!HHHH', 40000, 40001, 12, 0x1234) + b'data', ('192.168.56.11', 0))\n"
                "    time.sleep(0.02)")
        sender = subprocess.Popen(["nsenter", f"--net=/proc/{self.neighbour.pid}/ns/net", sys.executable, "-c", code])
        try:
            check = self.report_until("offloads", "doubtful")
            self.assertIn("wrong checksum", check["found"])
        finally:
            sender.kill()
            sender.wait()
        self.assertIn("since the start, 0 of them now", self.report_until("offloads", "ok")["found"])

    def report_until(self, name, state):
        """The check once it has the state: packets may still be on their way."""
        deadline = time.monotonic() + 30
        while True:
            check = self.report()[name]
            if check["state"] == state or time.monotonic() > deadline:
                self.assertEqual(check["state"], state, check)
                return check

    def be_a_node_of(self, backend):
        self.node_file.write_text(json.dumps({**NODE_FILE, "backend": backend, "underlay": "192.168.56.11", "port": 4789}))
        sh("ip", "link", "delete", "flat0")

    def test_a_node_of_the_backend_user_is_looked_at_as_well(self):
        self.be_a_node_of("user")
        sh("ip", "tuntap", "add", "flat0", "mode", "tun")
        sh("ip", "link", "set", "flat0", "mtu", "1450", "up")
        for name in ("tunnel device", "tunnel port", "mtu", "same address"):
            self.assert_mended(name)
        sh("nft", "add table inet host; add chain inet host in { type filter hook input priority 0; policy drop; }")
        sh("sh", "-c", self.assert_broken("tunnel port", "UDP port 4789"))
        self.assert_mended("tunnel port")

    def test_a_node_of_the_backend_direct_has_no_tunnel(self):
        self.be_a_node_of("direct")
        for name in ("tunnel device", "tunnel port", "mtu", "same address"):
            self.assert_mended(name)
        sh("nft", "add table inet host; add chain inet host f { type filter hook forward priority 0; }; "
                  "add rule inet host f iifname eth1 drop")
        self.assert_broken("forward filter", "iifname eth1 drop")

    def test_managers_that_took_our_device_are_found_by_their_own_files(self):
        number = json.loads(sh("ip", "-j", "link", "show", "flat0"))[0]["ifindex"]
        sh("mount", "-t", "tmpfs", "none", "/run")
        self.addCleanup(sh, "umount", "/run")
        links = pathlib.Path("/run/systemd/netif/links")
        links.mkdir(parents=True)
        (links / str(number)).write_text("ADMIN_STATE=unmanaged\nOPER_STATE=routable\n")
        self.assert_mended("network managers")
        (links / str(number)).write_text("ADMIN_STATE=configured\nOPER_STATE=routable\n")
        self.assertIn("networkctl reload", self.assert_broken("network managers", "flat0 (systemd-networkd: configured)"))
        (links / str(number)).unlink()
        devices = pathlib.Path("/run/NetworkManager/devices")
        devices.mkdir(parents=True)
        (devices / str(number)).write_text("[device]\nmanaged=true\n")
        self.assert_broken("network managers", "flat0 (NetworkManager)")

    def test_before_the_daemon_nothing_is_broken(self):
        self.node_file.unlink()
        check = self.report()["daemon"]
        self.assertEqual((check["state"], check["mend"]), ("doubtful", "systemctl enable --now flatland"))

    def test_a_node_file_that_is_cut_off_is_an_error(self):
        self.node_file.write_text(self.node_json()[:20])
        done = self.run_doctor()
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_an_ordinary_user_is_told_who_may(self):
        program = self.folder / "flatlan"
        program.write_bytes(pathlib.Path(FLATLAN).read_bytes())
        program.chmod(0o755)
        self.folder.chmod(0o755)
        done = subprocess.run(["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", program, "doctor",
                               "--node"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("sudo flatlan doctor --node", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    enter_own_namespaces()
    FLATLAN = os.path.abspath(sys.argv.pop())
    unittest.main()
