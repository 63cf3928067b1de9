#!/usr/bin/env python3
"""`flatlan forward` in a running lab: this machine's clients reach servers in pods, whatever happens to pods meanwhile.

usage: forward_test.py BINARY root|user [UNITTEST-ARGUMENT...]
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import unittest

from flatlan_program import CHECK_ANSWERS, DEADLINE_S, Flatlan, run_tests, wait_until

BINARY, WHO = sys.argv[1], sys.argv[2]
LAB = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {name: forward}
spec:
  nodes: 2
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  pods: {count: %d}
"""
LINE = re.compile(r"^Forwarding from (127\.0\.0\.1|\[::1\]):(\d+) to (\S+):(\d+)$")
MEBIBYTE = 1 << 20

# What serves in a pod: at each address of its arguments, what comes is sent back, the end included; of what begins
# with "R" or "G" the connection is reset at once, or after a greeting.
SERVER = """\
import socket, struct, sys, threading
def serve(connection):
    first = connection.recv(65536)
    if first[:1] in (b"R", b"G"):
        connection.sendall(b"hello" if first[:1] == b"G" else b"")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return
    while first:
        connection.sendall(first)
        first = connection.recv(65536)
    connection.shutdown(socket.SHUT_WR)
    connection.close()
def listen(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=1024)
    print("serves", flush=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
listen(sys.argv[1], int(sys.argv[2]))
"""


def receive_all(client):
    """What comes until the other side ends; None when that is by a reset."""
    octets = bytearray()
    try:
        while some := client.recv(65536):
            octets += some
    except ConnectionResetError:
        return None
    return bytes(octets)


class Forward(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan.of(BINARY, WHO)
        cls.addClassCleanup(cls.flatlan.close)
        done = cls.flatlan.run("up", cls.flatlan.file(LAB % 2))
        assert done.returncode == 0, done
        cls.pods = {pod["name"]: pod["ips"] for pod in cls.flatlan.json("ps")["pods"]}
        cls.flatlan.file(SERVER, "server.py")

    def serve(self, pod, address, port):
        """A server in a pod, once it serves; it ends with the test, or before."""
        process = self.flatlan.start("exec", pod, "--", "python3", "server.py", address, str(port))

        def end():
            process.kill()
            process.communicate()

        self.addCleanup(end)
        self.assertEqual(process.stdout.readline(), "serves\n")
        return end

    def start(self, pod, *words, lines=2):
        """The command once it listens, and its ports by the pod's."""
        process = self.flatlan.start("forward", pod, *words)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        ports = {}
        for _ in range(lines):
            line = process.stdout.readline()
            found = LINE.match(line.strip())
            self.assertIsNotNone(found, line)
            ports[int(found[4])] = int(found[2])
        return process, ports

    def end(self, process, with_signal=signal.SIGINT):
        process.send_signal(with_signal)
        out, err = process.communicate(timeout=DEADLINE_S)
        self.assertEqual((process.returncode, out), (0, ""), err)
        return err

    def connect(self, port, host="127.0.0.1"):
        client = socket.create_connection((host, port), timeout=DEADLINE_S)
        self.addCleanup(client.close)
        return client

    def echoes(self, port, text=b"an octet or two", host="127.0.0.1"):
        """Whether what is sent comes back, the end included, which is told before the answer is read."""
        try:
            with self.connect(port, host) as client:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                return receive_all(client) == text
        except (ConnectionResetError, BrokenPipeError):
            return False

    def test_a_server_at_localhost_alone_is_reached_and_one_at_the_pods_address(self):
        self.serve("pod-1", "127.0.0.1", 1001)
        self.serve("pod-1", "::1", 1002)
        self.serve("pod-1", self.pods["pod-1"][0], 1003)
        self.serve("pod-1", self.pods["pod-1"][1], 1004)
        process, ports = self.start("pod-1", ":1001", "0:1002", ":1003", ":1004", lines=8)
        for pod_port in (1001, 1002, 1003, 1004):
            self.assertTrue(self.echoes(ports[pod_port]), pod_port)
        self.assertTrue(self.echoes(ports[1001], host="::1"))
        self.assertEqual(self.end(process, signal.SIGTERM), "")

    def test_a_browser_sees_a_pods_pages(self):
        page = self.flatlan.file("a page of the pod's", "page.html")
        server = self.flatlan.start("exec", "pod-2", "--", "python3", "-u", "-m", "http.server", "80")
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.assertIn("Serving", server.stdout.readline())
        process, ports = self.start("pod-2", ":80")
        shown = subprocess.run(["curl", "--silent", "--fail", f"http://localhost:{ports[80]}/{os.path.basename(page)}"],
                               capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((shown.returncode, shown.stdout), (0, "a page of the pod's"), shown)
        self.end(process)

    def test_much_goes_both_ways_and_each_end_for_itself(self):
        self.serve("pod-1", "127.0.0.1", 1005)
        process, ports = self.start("pod-1", ":1005")
        sent = os.urandom(32 * MEBIBYTE)
        client = self.connect(ports[1005])

        def send():
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        self.assertTrue(receive_all(client) == sent)
        sender.join()
        self.end(process)

    def test_a_slow_reader_makes_the_program_no_larger(self):
        self.serve("pod-1", "127.0.0.1", 1006)
        process, ports = self.start("pod-1", ":1006")
        self.assertTrue(self.echoes(ports[1006]))

        def resident_kib():
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

        before = resident_kib()
        client = self.connect(ports[1006])
        client.settimeout(0.5)
        sent = 0
        with self.assertRaises(TimeoutError):
            while True:
                sent += client.send(bytes(MEBIBYTE))
        self.assertGreater(sent, MEBIBYTE // 2)
        self.assertLess(resident_kib() - before, 8 * 1024)
        self.assertTrue(self.echoes(ports[1006]))  # others go on
        self.end(process)

    def test_a_reset_goes_through_with_what_came_before_it(self):
        self.serve("pod-1", "127.0.0.1", 1007)
        process, ports = self.start("pod-1", ":1007")
        for word, answer in ((b"R", b""), (b"G", b"hello")):
            client = self.connect(ports[1007])
            client.sendall(word)
            octets = b""
            with self.assertRaises(ConnectionResetError):
                while some := client.recv(100):
                    octets += some
            self.assertEqual(octets, answer)
        self.end(process)

    def test_thousands_of_connections_leave_no_descriptor(self):
        self.serve("pod-1", "127.0.0.1", 1008)
        process, ports = self.start("pod-1", ":1008")
        folder = f"/proc/{process.pid}/fd"
        if not os.access(folder, os.R_OK):
            self.skipTest("nobody but root looks at descriptors in another user namespace")
        before = len(os.listdir(folder))
        together = [self.connect(ports[1008]) for _ in range(300)]
        for client in together:
            client.sendall(b"x")
            self.assertEqual(client.recv(1), b"x")
        self.assertGreaterEqual(len(os.listdir(folder)), before + 600)
        for client in together:
            client.close()
        for _ in range(2000):
            self.assertTrue(self.echoes(ports[1008], b"x"))
        wait_until(lambda: len(os.listdir(folder)) == before, "all connections have ended")
        self.assertEqual(self.end(process), "")

    def test_what_cannot_be_connected_is_told_and_ends_nothing(self):
        process, ports = self.start("pod-1", ":1009")
        self.assertFalse(self.echoes(ports[1009]))
        self.assertRegex(process.stderr.readline(),
                         r"^flatlan: default/pod-1:1009: connect to 127\.0\.0\.1, .*: Connection refused$")
        self.serve("pod-1", "127.0.0.1", 1009)
        self.assertTrue(self.echoes(ports[1009]))
        self.end(process)

    def test_a_pod_that_is_made_anew_is_found_again(self):
        end_server = self.serve("pod-2", "127.0.0.1", 1010)
        process, ports = self.start("pod-2", ":1010")
        self.assertTrue(self.echoes(ports[1010]))
        idle = self.connect(ports[1010])
        idle.sendall(b"x")
        self.assertEqual(idle.recv(1), b"x")
        node = next(pod["node"] for pod in self.flatlan.json("ps")["pods"] if pod["name"] == "pod-2")
        self.assertEqual(self.flatlan.run("node", "stop", node).returncode, 0)
        end_server()
        self.assertFalse(self.echoes(ports[1010]))
        self.assertRegex(process.stderr.readline(), "^flatlan: default/pod-2:1010: ")
        self.assertEqual(self.flatlan.run("node", "start", node).returncode, 0)
        self.serve("pod-2", "127.0.0.1", 1010)
        self.assertTrue(self.echoes(ports[1010]))
        self.end(process)

    def test_a_pod_that_is_taken_away_is_told_and_comes_back(self):
        self.addCleanup(lambda: self.flatlan.run("apply", self.flatlan.file(LAB % 2)))
        self.assertEqual(self.flatlan.run("apply", self.flatlan.file(LAB % 3)).returncode, 0)
        process, ports = self.start("pod-3", ":1011")
        self.assertEqual(self.flatlan.run("apply", self.flatlan.file(LAB % 2)).returncode, 0)
        self.assertFalse(self.echoes(ports[1011]))
        self.assertEqual(process.stderr.readline(),
                         "flatlan: default/pod-3:1011: no pod 'default/pod-3' in this lab\n")
        self.assertEqual(self.flatlan.run("apply", self.flatlan.file(LAB % 3)).returncode, 0)
        self.serve("pod-3", "127.0.0.1", 1011)
        self.assertTrue(self.echoes(ports[1011]))
        self.end(process)

    def test_the_labs_end_is_told(self):
        other = self.flatlan.file(LAB.replace("name: forward", "name: other") % 1, "other.yaml")
        self.assertEqual(self.flatlan.run("up", other).returncode, 0)
        process, ports = self.start("pod-1", ":80", "--lab", "other")
        self.assertEqual(self.flatlan.run("down", "other").returncode, 0)
        self.assertFalse(self.echoes(ports[80]))
        self.assertEqual(process.stderr.readline(), "flatlan: default/pod-1:80: lab other does not run any more\n")
        self.end(process)

    def test_json_is_a_line_for_each_address_and_port(self):
        process = self.flatlan.start("forward", "pod-1", ":80", "--address", "127.0.0.1", "--output", "json")
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        fits = subprocess.run([sys.executable, CHECK_ANSWERS, "forward", "-"], input=line, capture_output=True,
                              text=True, check=False)
        self.assertIn(fits.returncode, (0, 77), fits.stdout)
        answer = json.loads(line)
        self.assertEqual((answer["address"], answer["pod"], answer["pod_port"]), ("127.0.0.1", "default/pod-1", 80))
        self.connect(answer["port"])
        self.end(process)

    def refusal(self, *words, status=2):
        done = self.flatlan.run("forward", *words)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done)
        return done.stderr

    def test_a_port_that_cannot_be_had_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            told = self.refusal("pod-1", ":90", f"{port}:80", status=1)
        self.assertIn(f"port {port} of 127.0.0.1 is in use", told)
        self.assertIn("is no address of this machine", self.refusal("pod-1", ":80", "--address", "192.0.2.1"))
        if WHO == "user":
            with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as least:
                if int(least.read()) <= 80:
                    return
            told = self.refusal("pod-1", "80", status=3)
            self.assertRegex(told, r"port 80 of this machine is for root alone.*expected .*'\d{4,5}:80'")

    def test_wrong_words_are_told_with_what_would_be_right(self):
        for words, told in ((("pod-9", "80"), "pod-2 or pod-1"), (("node/n1", "80"), "is no pod"),
                            (("underlay", "80"), "is no pod"), (("pod-1", "0"), "1 to 65535"),
                            (("pod-1", "65536"), "1 to 65535"), (("pod-1", "abc"), "1 to 65535"),
                            (("pod-1", "1:2:3"), "too many colons"), (("pod-1", "8080:80", "8080:81"), "port 8080"),
                            (("pod-1",), "PORT"), (("pod-1", "80", "--address", "lo"), "--address")):
            self.assertIn(told, self.refusal(*words))
        self.assertEqual(self.flatlan.json("forward", "pod-1", "abc")["error"]["where"], "PORT")
        self.refusal("pod-1", "80", "--lab", "none", status=1)


if __name__ == "__main__":
    run_tests(WHO, sys.argv[3:], verbosity=2)
