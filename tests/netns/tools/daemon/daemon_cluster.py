"""A cluster of real daemons on one machine, for tests: each node is a network namespace with a folder of its own,
the underlay a bridge between them, and etcd runs in a namespace beside them."""
import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

CLONE_NEWNET = 0x40000000
DEADLINE_S = 180
POLL_S = 0.01
NETWORK = "flatlan"
UNDERLAY = "172.31.0."
ETCD_HOST = 250
ETCD_URL = f"http://{UNDERLAY}{ETCD_HOST}:2379"

_libc = ctypes.CDLL(None, use_errno=True)


def enter_own_namespaces():
    """Starts this program again inside namespaces of its own; returns inside them. It sees no process but its own,
    since a daemon looks at all network namespaces."""
    if os.environ.get("FLATLAN_TEST_NAMESPACES"):
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ["FLATLAN_TEST_NAMESPACES"] = "1"
    os.execvp("unshare", ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


def eventually(condition, what, within_s=DEADLINE_S):
    """Asks until the condition holds; what it then says is the answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what() if callable(what) else what}")
        _pause()


def _pause():
    select.select([], [], [], POLL_S)


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


class Network:
    """A network namespace, held by descriptor."""

    def __init__(self):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
        _check(_libc.setns(here, CLONE_NEWNET), "setns")
        os.close(here)
        self.path = f"/proc/{os.getpid()}/fd/{self.descriptor}"

    def close(self):
        os.close(self.descriptor)

    def words(self, *words):
        return ["nsenter", f"--net={self.path}", *map(str, words)]

    def start(self, *words, **options):
        return subprocess.Popen(self.words(*words), **options)

    def run(self, *words, check=True, **options):
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=DEADLINE_S,
                              check=False, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
        return done

    def ip(self, *words):
        return json.loads(self.run("ip", "-j", *words).stdout or "[]")


class Underlay:
    """A bridge in a namespace of its own; whoever is attached has an address of 172.31.0.0/24."""

    def __init__(self):
        self.network = Network()
        for line in ("link add br0 type bridge", "link set br0 up"):
            self.network.run("ip", *line.split())

    def close(self):
        self.network.close()

    def attach(self, network, host, mtu=1500):
        port = f"port{host}"
        for line in (f"link add {port} mtu {mtu} type veth peer name eth0 mtu {mtu} netns {network.path}",
                     f"link set {port} master br0 up"):
            self.network.run("ip", *line.split())
        for line in (f"address add {UNDERLAY}{host}/24 dev eth0", "link set lo up", "link set eth0 up"):
            network.run("ip", *line.split())


class Etcd:
    """Debian's etcd, one member, in a namespace of its own on the underlay."""

    def __init__(self, underlay):
        self.network = Network()
        underlay.attach(self.network, ETCD_HOST)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-test-etcd-"))
        self.process = None
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = self.network.start(
                "etcd", "--data-dir", self.folder / "data", "--listen-client-urls", ETCD_URL,
                "--advertise-client-urls", ETCD_URL, "--listen-peer-urls", "http://127.0.0.1:2380",
                "--initial-advertise-peer-urls", "http://127.0.0.1:2380", "--initial-cluster",
                "default=http://127.0.0.1:2380", "--heartbeat-interval", "20", "--election-timeout", "200",
                "--log-level", "error", stdout=log, stderr=log)
        eventually(lambda: self.control("endpoint", "health", check=False).returncode == 0, "etcd listens")

    def control(self, *words, check=True):
        return self.network.run("etcdctl", "--endpoints", ETCD_URL, "--command-timeout", "2s", *words,
                                check=check, env={**os.environ, "ETCDCTL_API": "3"})

    def keys_written(self, prefix, until_removed):
        """Every key below the prefix that was ever there, up to when that one was removed for the first time."""
        watch = self.network.start("etcdctl", "--endpoints", ETCD_URL, "watch", "--prefix", "--rev", "1", prefix,
                                   stdout=subprocess.PIPE, text=True, env={**os.environ, "ETCDCTL_API": "3"})
        deadline = threading.Timer(DEADLINE_S, watch.kill)
        deadline.start()
        keys, event = set(), ""
        for line in map(str.rstrip, watch.stdout):
            if line.startswith(prefix) and event == "PUT":
                keys.add(line)
            if line == until_removed and event == "DELETE":
                break
            event = line
        deadline.cancel()
        watch.kill()
        watch.communicate()
        return keys

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def lose_data(self):
        shutil.rmtree(self.folder / "data")

    def close(self):
        self.resume()
        self.kill()
        self.network.close()
        shutil.rmtree(self.folder)


class Node:
    """One node: its namespace, its folder, its daemon."""

    def __init__(self, programs, name, host, underlay, flags=(), mtu=1500):
        self.programs, self.name, self.host, self.flags = programs, name, host, list(flags)
        self.network = Network()
        underlay.attach(self.network, host, mtu)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"flatlan-test-{name}-"))
        self.node_file = self.folder / "run" / "node.json"
        self.socket = self.folder / "run" / "flatland.sock"
        self.conflist = self.folder / "net.d" / "10-flatlan.conflist"
        self.log = self.folder / "log"
        self.process = None
        self.pods = {}

    def words(self, *more):
        return [self.programs["flatland"], "--node-name", self.name, "--state-dir", self.folder / "state",
                "--node-file", self.node_file, "--socket", self.socket, "--conflist", self.conflist,
                *self.flags, *more]

    def start(self, *more, under=(), variables=None):
        """`under`: a program that runs it, and that program's arguments."""
        environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", **(variables or {})}
        with open(self.log, "ab") as log:
            self.process = self.network.start(*under, *self.words(*more), stdout=log, stderr=log, env=environment)

    def log_text(self):
        return self.log.read_text() if self.log.exists() else ""

    def wait_ready(self):
        eventually(lambda: self.conflist.exists() or self.process.poll() is not None,
                   lambda: f"node {self.name} is ready:\n{self.log_text()}")
        if self.process.poll() is not None:
            raise AssertionError(f"node {self.name} has ended: {self.log_text()}")

    def status(self):
        """What `flatlan node status` would tell; nothing is ready while nobody answers."""
        asked = self.network.run("curl", "-sS", "--unix-socket", self.socket, "http://node/v1/node", check=False)
        return json.loads(asked.stdout or '{"ready": false, "reason": ""}')

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=DEADLINE_S)

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        for pod in self.pods.values():
            pod.close()
        self.network.close()
        shutil.rmtree(self.folder)

    def plugin(self, command, container, pod=None, interface="eth0", version="1.0.0", **variables):
        """What flatlan-cni answers to the runtime of this node, by the configuration that the daemon wrote."""
        listed = json.loads(self.conflist.read_text())
        configuration = {**listed["plugins"][0], "cniVersion": version, "name": listed["name"]}
        environment = {"CNI_COMMAND": command, "CNI_CONTAINERID": container, "CNI_IFNAME": interface,
                       "CNI_PATH": "/usr/lib/cni", "PATH": os.environ["PATH"],
                       "CNI_NETNS": pod.path if pod else "", "ASAN_OPTIONS": "detect_leaks=0", **variables}
        done = self.network.run(self.programs["flatlan-cni"], check=False, env=environment,
                                input=json.dumps(configuration))
        return done.returncode, json.loads(done.stdout or "{}")

    def add_pod(self, name):
        pod = Network()
        status, answer = self.plugin("ADD", name, pod)
        if status != 0:
            pod.close()
            raise AssertionError(f"ADD of {name} on {self.name}: {answer}\n{self.log_text()}")
        pod.addresses = [entry["address"].split("/")[0] for entry in answer["ips"]]
        self.pods[name] = pod
        return pod

    def remove_pod(self, name):
        status, answer = self.plugin("DEL", name, self.pods[name])
        if status != 0:
            raise AssertionError(f"DEL of {name}: {answer}")
        self.pods.pop(name).close()


class Cluster:
    """Nodes with one etcd, and what is asked of them all."""

    def __init__(self, programs):
        self.programs = programs
        self.underlay = Underlay()
        self.etcd = Etcd(self.underlay)
        self.nodes = []

    def close(self):
        for node in self.nodes:
            node.close()
        self.etcd.close()
        self.underlay.close()

    def add_node(self, name=None, host=None, flags=(), mtu=1500, registry=("--etcd", ETCD_URL)):
        number = len(self.nodes) + 1
        node = Node(self.programs, name or f"n{number}", host or number, self.underlay,
                    [*registry, *flags], mtu)
        self.nodes.append(node)
        return node

    def start(self, count, pods=1, flags=()):
        """All daemons at the same instant; returns when pods can be added, and adds some to each node."""
        for _ in range(count):
            self.add_node(flags=flags)
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()
        for node in self.nodes:
            for pod in range(pods):
                node.add_pod(f"{node.name}-{pod}")

    def pods(self):
        return [pod for node in self.nodes for pod in node.pods.values()]

    def reach(self):
        """The answer of flatlan-reach over all pods."""
        done = subprocess.run([self.programs["flatlan-reach"], "-o", "json", "--netns",
                               *[pod.path for pod in self.pods()]], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        if done.returncode not in (0, 1):
            raise AssertionError(f"flatlan-reach: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def all_reachable(self):
        answer = self.reach()
        if answer.get("failed", 1) == 0 and answer["checks"] > 0:
            return answer
        self.last_reach = answer
        return None

    def expect_all_reachable(self, within_s=DEADLINE_S):
        return eventually(self.all_reachable, lambda: json.dumps(self.last_reach)[:2000], within_s)

    def expect_no_address_twice(self):
        addresses = [address for pod in self.pods() for address in pod.addresses]
        if len(addresses) != len(set(addresses)):
            raise AssertionError(f"an address is given twice: {sorted(addresses)}")


def numbered_datagrams(pod_from, pod_to, action):
    """Sends a datagram each few milliseconds from pod to pod while `action` runs; returns how many were sent and
    how many came."""
    receiver = socket_in(pod_to)
    receiver.bind((pod_to.addresses[0], 0))
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    receiver.settimeout(1)
    sender = socket_in(pod_from)
    sender.connect(receiver.getsockname())
    done, all_sent = threading.Event(), threading.Event()
    sent = [0]
    came = set()

    def send():
        while not done.wait(0.002):
            sender.send(sent[0].to_bytes(8, "big"))
            sent[0] += 1

    def receive():  # meanwhile: a socket has room for some seconds only
        while not all_sent.is_set() or len(came) < sent[0]:
            try:
                came.add(receiver.recv(64))
            except socket.timeout:
                if all_sent.is_set():
                    return

    sending, receiving = threading.Thread(target=send), threading.Thread(target=receive)
    sending.start()
    receiving.start()
    try:
        action()
    finally:
        done.set()
        sending.join()
        all_sent.set()
        receiving.join()
    sender.close()
    receiver.close()
    return sent[0], len(came)


def socket_in(network, family=socket.AF_INET, kind=socket.SOCK_DGRAM, protocol=0):
    """A socket in that network."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.setns(network.descriptor, CLONE_NEWNET), "setns")
        return socket.socket(family, kind, protocol)
    finally:
        _check(_libc.setns(here, CLONE_NEWNET), "setns")
        os.close(here)
