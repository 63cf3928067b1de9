"""Two emulated nodes of one cluster for container runtimes: each with its network, mounts and host name, joined by
the kernel's VXLAN; and an image, made of busybox."""
import errno
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

DEADLINE_S = 180
APPLETS = ("sh", "sleep", "ping", "ip", "httpd", "nc", "wget", "cat", "echo", "hostname", "ls")
NODES = 2


def begin(programs):
    """Starts this program again as PID 1 of namespaces of its own, so that no container outlives it; returns in there.
    Skips the test where it cannot be done."""
    missing = [name for name in programs if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        print("skipped: " + (f"{missing[0]} is not installed" if missing else "only root runs it"))
        sys.exit(77)
    if os.environ.get("FLATLAN_TEST_NAMESPACES"):
        return
    os.environ["FLATLAN_TEST_NAMESPACES"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


def run(*words, check=True, **more):
    done = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE_S, check=False, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}: {done.stdout}{done.stderr}")
    return done


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within a minute: {what}")
        time.sleep(0.05)


def make_layer():
    """The only layer of the image: busybox under its names."""
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as layer:
        for name in ("bin", "etc", "proc", "sys", "dev", "tmp", "run"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(folder)
        layer.add("/bin/busybox", "bin/busybox")
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            layer.addfile(link)
    return text.getvalue()


def make_image(path, tag):
    """An image in Docker's format, which `podman load` and `ctr image import` both read."""
    layer = make_layer()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"]}, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, "w") as image:
        for name, content in (("config.json", config), ("layer.tar", layer), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            image.addfile(entry, io.BytesIO(content))


class RuntimeNode:
    """A node: namespaces that a sleeping process holds, node.json and leases in a folder."""

    def __init__(self, folder, index, plugin, maker):
        self.folder = folder / f"n{index}"
        self.state = self.folder / "state"
        self.state.mkdir(parents=True)
        self.index, self.plugin = index, plugin
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--uts", "sleep", "infinity"])
        comm = pathlib.Path(f"/proc/{self.holder.pid}/comm")
        wait_for("namespaces", lambda: comm.read_text() == "sleep\n")
        self.maker = maker

    def enter(self, *words):
        """In front of a command: inside. Not `ip netns exec`, which would hide the mounts."""
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", "--uts", *map(str, words)]

    def run(self, *words, check=True, **more):
        return run(*self.enter(*words), check=check, **more)

    def prepare(self):
        """Fresh /run, and the node's part of the cluster; its underlay interface is there."""
        self.run("sh", "-c", f"hostname n{self.index} && mount -t tmpfs none /run && ip link set lo up && "
                 f"ip address add 172.16.0.{self.index + 1}/24 dev underlay0 && ip link set underlay0 up")
        self.run(self.maker, self.state, str(self.index), str(NODES), "1")

    def conflist(self, **more):
        """The configuration list as flatland writes it, with portmap behind."""
        return {"cniVersion": "1.0.0", "name": "flat", "plugins": [
            {"type": "flatlan-cni", "nodeFile": str(self.state / "node.json"),
             "logFile": str(self.folder / "cni.log"), "capabilities": {"ips": True, "mac": True}, **more},
            {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True}]}

    def pod_links(self):
        """The node's ends of all pods' pairs."""
        links = json.loads(self.run("ip", "-j", "link", "show", "group", "61879").stdout or "[]")
        return [link["ifname"] for link in links if link]  # iproute2 prints {} for those of other groups

    def leases(self):
        """Keys of what holds an address."""
        import sqlite3
        database = sqlite3.connect(f"file:{self.state}/leases.sqlite?mode=ro", uri=True)
        keys = [row[0] for row in database.execute("SELECT key FROM leases")]
        database.close()
        return [key for key in keys if not key.startswith("node:")]

    def log(self):
        return (self.folder / "cni.log").read_text()


class Cluster:
    """Two nodes on a shared link; ends with the test."""

    def __init__(self, plugin, maker):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-runtime-"))
        self.nodes = [RuntimeNode(self.folder, index, plugin, maker) for index in range(NODES)]
        run("ip", "link", "add", "underlay0", "netns", str(self.nodes[0].holder.pid), "type", "veth", "peer", "name",
            "underlay0", "netns", str(self.nodes[1].holder.pid))
        for node in self.nodes:
            node.prepare()

    def close(self):
        for node in self.nodes:
            node.holder.kill()
            node.holder.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_control_group(folder):
    """As soon as it is empty: what ran in it may be on its way out still."""
    deadline = time.monotonic() + 60
    while True:
        try:
            folder.rmdir()
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def remove_control_groups(name):
    """What a runtime leaves of empty control groups below this one, in every hierarchy."""
    for top in pathlib.Path("/sys/fs/cgroup").glob(f"*/{name}"):
        for folder in sorted(top.rglob("*"), reverse=True):
            if folder.is_dir():
                remove_control_group(folder)
        remove_control_group(top)
