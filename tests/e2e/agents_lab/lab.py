"""A lab of real daemons as a person has it, by the command line alone."""
import contextlib
import json
import os
import pathlib
import random
import select
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DEADLINE_S = 180
POLL_S = 0.02
PROMISE_S = 2  # of the way back after a heal: printed beside what was seen, asserted by nobody


def eventually(condition, what, within_s=DEADLINE_S):
    """Asks until the condition holds; what it then says is the answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what() if callable(what) else what}")
        select.select([], [], [], POLL_S)


class Flow:
    """Datagrams from one pod to another, from now until `close`, which says how many were sent and how many came."""

    def __init__(self, lab, source, target):
        self.what = f"{source} to {target}"
        address = lab.pod(target)["ips"][0]
        self.receiver = lab.start(target, sys.executable, HERE / "flow.py", "receive", address)
        port = self.receiver.stdout.readline().strip()
        self.sender = lab.start(source, sys.executable, HERE / "flow.py", "send", address, port)
        self.sender.stdout.readline()  # it has begun

    def close(self):
        sent = self.sender.communicate(timeout=DEADLINE_S)[0].strip()
        came = self.receiver.communicate(sent + "\n", timeout=DEADLINE_S)[0].strip()
        return int(sent), int(came)


class Lab:
    def __init__(self, folder, name, nodes, pods, seed):
        self.file, self.name = pathlib.Path(folder) / f"{name}.yaml", name
        self.nodes, self.pods, self.prng = nodes, pods, random.Random(seed)
        self.write()

    def write(self):
        self.file.write_text(
            f"apiVersion: flatlan/v1\nkind: Lab\nmetadata: {{name: {self.name}}}\nspec:\n  nodes: {self.nodes}\n"
            "  agents: process\n  tunnel: {senderCheck: on}\n  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]\n"
            f"  pods: {{count: {self.pods}}}\n")

    def flatlan(self, *words, check=0):
        done = subprocess.run(["flatlan", *map(str, words)], capture_output=True, text=True, timeout=600,
                              check=False, stdin=subprocess.DEVNULL)
        if check is not None and done.returncode != check:
            raise AssertionError(f"flatlan {' '.join(map(str, words))}: {done.returncode}, expected {check}\n"
                                 f"{done.stdout}{done.stderr}\n{self.logs()}")
        return done

    def logs(self):
        """The last lines of each daemon, for who has to find out what went wrong."""
        return "\n".join(self.run(f"node/{name}", "sh", "-c", f"echo {name}; tail -n 5 /run/*.log", check=None).stdout
                         for name in [*self.node_names(), "etcd"])

    def up(self):
        self.flatlan("up", self.file)

    def apply(self, nodes=0, pods=0, check=0):
        self.nodes, self.pods = self.nodes + nodes, self.pods + pods
        self.write()
        return self.flatlan("apply", self.file, check=check)

    def ps(self):
        return json.loads(self.flatlan("ps", self.name, "--output", "json", check=None).stdout or "{}")

    def pod(self, name):
        return next(pod for pod in self.ps()["pods"] if pod["name"] == name)

    def pods_of(self, node):
        return [pod["name"] for pod in self.ps()["pods"] if pod["node"] == node]

    def node_names(self):
        return [f"n{number}" for number in range(1, self.nodes + 1)]

    def words(self, target, *command):
        return ["flatlan", "exec", "--lab", self.name, target, "--", *map(str, command)]

    def start(self, target, *command):
        return subprocess.Popen(self.words(target, *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, target, *command, check=0):
        done = subprocess.run(self.words(target, *command), capture_output=True, text=True, timeout=DEADLINE_S,
                              check=False, stdin=subprocess.DEVNULL)
        if check is not None and done.returncode != check:
            raise AssertionError(f"{command} on {target}: {done.returncode}, expected {check}\n{done.stdout}{done.stderr}")
        return done

    def signal(self, node, signal, program="flatland"):
        self.run(f"node/{node}", "pkill", f"-{signal}", "-F", f"/run/{program}.pid")

    def power(self, node, order):
        self.flatlan("node", order, node, "--lab", self.name)

    def etcdctl(self, *words, check=0):
        return self.run("node/etcd", "env", "ETCDCTL_API=3", "etcdctl", "--command-timeout=2s", *words, check=check).stdout

    def key(self, *parts):
        return "/".join(["/flatlan/v1", self.name, *parts])

    def has_key(self, *parts):
        return bool(self.etcdctl("get", "--keys-only", self.key(*parts), check=None).strip())

    def claims_of(self, node):
        """The claims in the registry that are this node's."""
        records = self.etcdctl("get", "--prefix", "--print-value-only", self.key("blocks")).split("flatlan ")
        return [record for record in records if f"\nnode {node}\n" in record]

    def is_flat(self, *words):
        """Every pod and node reaches every other, or as many of them as the words for `reach` say."""
        began = time.monotonic()
        done = self.flatlan("reach", self.name, *words, "--output", "json", check=None)
        self.tested_for = time.monotonic() - began
        if done.returncode not in (0, 1):
            raise AssertionError(f"reach: {done.stdout}{done.stderr}")
        self.last = done.stdout[:3000]
        return done.returncode == 0

    def expect_flat(self, what, *words):
        began = time.monotonic()

        def wait(*more):
            eventually(lambda: self.is_flat(*words, *more),
                       lambda: f"flat after {what}: {self.last}\n{self.logs()}")
            return time.monotonic() - began

        # One echo a pair and family tells when every pair was reachable, the whole test that no more is wrong. The time
        # of a test that finds all well is part of the figure, and much of it in a large lab.
        took = wait("--quick", "--protocol", "icmp")
        own = self.tested_for
        wait()
        print(f"ok: {what}: every pair reachable {took:.2f} s later, the test's own {own:.2f} s with it (promised: "
              f"{PROMISE_S})", flush=True)
        self.expect_no_address_twice()

    def expect_no_address_twice(self):
        status = self.ps()
        addresses = [ip for member in status["pods"] for ip in member["ips"]]
        addresses += [ip for node in status["nodes"] for ip in node["overlay"]]
        if len(addresses) != len(set(addresses)):
            raise AssertionError(f"an address is given twice: {sorted(addresses)}")
        self.flatlan("ipam", "check", "--lab", self.name)

    @contextlib.contextmanager
    def untouched(self, *pairs):
        """While the body runs, not one datagram is lost between these nodes' pods."""
        flows = [Flow(self, self.pods_of(one)[0], self.pods_of(other)[0]) for one, other in pairs]
        yield
        for flow in flows:
            sent, came = flow.close()
            if sent == 0 or sent != came:
                raise AssertionError(f"of {sent} datagrams {came} came from {flow.what}\n{self.logs()}")
