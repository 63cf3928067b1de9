"""A node of a cluster in a network namespace of the test's own, and the plugin on it, for tests."""
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CLONE_NEWNET = 0x40000000
DEADLINE_S = 180
VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]
NETWORK = "net"
PLUGINS = pathlib.Path("/usr/lib/cni")  # where Debian's containernetworking-plugins are

_libc = ctypes.CDLL(None, use_errno=True)


def enter_own_namespaces(alone=False):
    """Starts this program again inside namespaces of its own; returns inside them. `alone`: it sees no process but its
    own there, since `flatlan ipam` looks at all network namespaces."""
    if os.environ.get("FLATLAN_TEST_NAMESPACES"):
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ["FLATLAN_TEST_NAMESPACES"] = "1"
    processes = ["--pid", "--fork", "--kill-child", "--mount-proc"] if alone else []
    os.execvp("unshare", ["unshare", *user, "--net", "--mount", *processes, sys.executable, *sys.argv])


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


class Container:
    """A network namespace, and the path by which it is named."""
    _count = 0

    def __init__(self, name=None):
        Container._count += 1
        self.name = name or f"container.{os.getpid()}-{Container._count}"
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
        _check(_libc.setns(here, CLONE_NEWNET), "setns")
        os.close(here)
        self.path = f"/proc/{os.getpid()}/fd/{self.descriptor}"

    def close(self):
        os.close(self.descriptor)

    def run(self, *words, check=True):
        done = subprocess.run(["nsenter", f"--net={self.path}", *words], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout if check else done

    def ip(self, *words):
        return json.loads(self.run("ip", "-j", *words) or "[]")

    def links(self):
        return {link["ifname"] for link in self.ip("link")} - {"lo"}

    def addresses(self, interface="eth0"):
        found = self.ip("address", "show", "dev", interface)[0]["addr_info"]
        return {entry["local"] for entry in found if entry["scope"] == "global"}


class Answer:
    """What one call of a plugin came to."""

    def __init__(self, done):
        self.status, self.text, self.errors = done.returncode, done.stdout, done.stderr

    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        return 0 if self.status == 0 else self.json()["code"]

    def __str__(self):
        return f"exit status {self.status}: {self.text}{self.errors}"


class Node:
    """This process's network namespace as a node; its blocks, its leases, its node.json."""

    def __init__(self, plugin, maker, blocks=1):
        self.plugin = str(plugin)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-test-"))
        self.node_file = self.folder / "node.json"
        subprocess.run([maker, self.folder, "0", "1", str(blocks)], check=True, timeout=DEADLINE_S)

    def close(self):
        shutil.rmtree(self.folder)

    def configuration(self, version="1.1.0", **more):
        return {"cniVersion": version, "name": NETWORK, "type": "flatlan-cni",
                "nodeFile": str(self.node_file), **more}

    @staticmethod
    def environment(command, container=None, interface="eth0", **more):
        variables = {"CNI_COMMAND": command, "CNI_IFNAME": interface, "CNI_PATH": "/usr/lib/cni",
                     "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}
        if container:
            variables |= {"CNI_CONTAINERID": container.name, "CNI_NETNS": container.path}
        return {name: value for name, value in {**variables, **more}.items() if value is not None}

    def start(self, environment, text, plugin=None):
        """The plugin as a process, its input given."""
        process = subprocess.Popen([plugin or self.plugin], env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            process.stdin.write(text)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended without reading all
        process.stdin = None
        return process

    def call_text(self, environment, text, plugin=None):
        done = subprocess.run([plugin or self.plugin], env=environment, input=text, capture_output=True,
                              text=True, timeout=DEADLINE_S, check=False)
        return Answer(done)

    def call(self, command, container=None, configuration=None, **variables):
        configuration = configuration or self.configuration()
        return self.call_text(self.environment(command, container, **variables), json.dumps(configuration))

    @staticmethod
    def ip(*words):
        done = subprocess.run(["ip", "-j", *words], capture_output=True, text=True, timeout=DEADLINE_S,
                              check=True)
        return json.loads(done.stdout or "[]")

    def links(self):
        return {link["ifname"] for link in self.ip("link")} - {"lo"}

    def aliases(self):
        return {link["ifalias"] for link in self.ip("link") if "ifalias" in link}
