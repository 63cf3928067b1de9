#!/usr/bin/env python3
"""What may happen to a cluster of real daemons, one fault after the other, and that it heals.

usage: faults.py FOLDER NODES SEED

After each heal every pair of pods and nodes is reachable, no address is given twice, and nothing was lost between
nodes that were not touched.
"""
import concurrent.futures
import json
import re
import sys
import time

from lab import Lab, eventually

SIGN_OF_LIFE_S = 15  # after which a silent node's is taken away (Reconciler::Options::time_to_live)


def etcd_is_killed(lab):
    with lab.untouched(("n1", "n2"), ("n2", "n3")):
        lab.signal("etcd", "KILL", "etcd")
        eventually(lambda: lab.ps()["registry"]["state"] == "Failed", "etcd is seen to have ended")
        lab.apply(pods=2)  # out of blocks that the nodes have
        lab.power("etcd", "start")
    lab.expect_flat("etcd was killed and started again")


def etcd_loses_its_power(lab):
    with lab.untouched(("n1", "n2")):
        lab.power("etcd", "stop")
        lab.power("etcd", "start")
    lab.expect_flat("etcd's machine lost its power")


def etcd_is_compacted(lab):
    """Past what a daemon that sleeps has heard of."""
    with lab.untouched(("n1", "n2")):
        lab.signal("n3", "STOP")
        for _ in range(3):
            lab.signal("n2", "KILL")
            eventually(lambda: daemon_of(lab, "n2")["pid"] == 0, "the daemon is seen to have ended")
            lab.power("n2", "start")
            eventually(lambda: lab.has_key("alive", "n2"), "n2 gives signs of life")
        revision = lab.etcdctl("get", "x", "--write-out=fields").split('"Revision" : ')[1].split()[0]
        lab.etcdctl("compact", "--physical", revision)
        lab.etcdctl("defrag")
        lab.signal("n3", "CONT")
    lab.apply(nodes=1, pods=1)
    lab.expect_flat("etcd was compacted past what a sleeping daemon had heard")


def etcd_loses_its_data(lab):
    with lab.untouched(("n1", "n2"), ("n3", "n1")):
        lab.signal("etcd", "KILL", "etcd")
        lab.run("node/etcd", "sh", "-c", "rm -rf /var/lib/etcd/*")
        lab.power("etcd", "start")
        eventually(lambda: "claims whole" in lab.etcdctl("get", lab.key("epoch"), check=None),
                   lambda: "all members have published their blocks again\n" + lab.logs())
    lab.apply(nodes=1, pods=1)
    lab.expect_flat("etcd lost its data")


def daemon_of(lab, name):
    return next(node for node in lab.ps()["nodes"] if node["name"] == name)["daemon"]


def daemons_are_killed_in_every_state(lab, rounds):
    victims = lab.node_names()[2:]
    with lab.untouched(("n1", "n2")):
        for _ in range(rounds):
            victim = lab.prng.choice(victims)
            lab.signal(victim, "KILL")
            eventually(lambda: daemon_of(lab, victim)["pid"] == 0, "the daemon is seen to have ended")
            with concurrent.futures.ThreadPoolExecutor(1) as starter:
                started = starter.submit(lab.power, victim, "start")
                time.sleep(lab.prng.random() * 0.4)  # somewhere between its start and its daily work
                started.result()
    lab.expect_flat(f"daemons were killed {rounds} times")
    everybody = lab.node_names()
    with lab.untouched(("n1", "n2")):
        for name in everybody:
            lab.signal(name, "KILL")
        for name in everybody:
            eventually(lambda name=name: daemon_of(lab, name)["pid"] == 0, "the daemon is seen to have ended")
        for name in everybody:
            lab.power(name, "start")
    lab.expect_flat("all daemons were killed and started again")


def node_is_cut_off(lab):
    """From etcd, for longer than its sign of life lasts."""
    registry = lab.ps()["registry"]["underlay"][0]
    with lab.untouched(("n1", "n2"), ("n2", "n3")):
        lab.run("node/n2", "ip", "route", "add", "unreachable", registry)
        eventually(lambda: not lab.has_key("alive", "n2"), "n2's sign of life ends")
        lab.apply(pods=1)
        lab.run("node/n2", "ip", "route", "delete", "unreachable", registry)
        eventually(lambda: lab.has_key("alive", "n2"), lambda: "n2 is back\n" + lab.logs())
    lab.expect_flat("n2 was cut off from etcd until its sign of life had ended")


def node_comes_back_with_an_older_clock(lab):
    with open("/proc/uptime", encoding="ascii") as uptime:
        earlier = int(min(300, float(uptime.read().split()[0]) / 2))
    with lab.untouched(("n1", "n2")):
        lab.signal("n2", "KILL")
        eventually(lambda: daemon_of(lab, "n2")["pid"] == 0, "the daemon is seen to have ended")
        daemon = lab.start("node/n2", "sh", "-c", "exec >>/run/flatland.log 2>&1; exec unshare --time "
                           f"--boottime=-{earlier} --monotonic=-{earlier} --fork --kill-child "
                           "flatland --config /run/flatlan/flatland.yaml")
        eventually(lambda: lab.has_key("alive", "n2"), lambda: "n2 is back\n" + lab.logs())
        lab.run("node/n2", "ip", "link", "show", "flat0")
    lab.expect_flat(f"n2 came back with a clock {earlier} s behind")
    daemon.kill()  # and unshare its child
    daemon.wait()
    # Its child ends a moment later, and two of them cannot have one state folder.
    eventually(lambda: lab.run("node/n2", "flock", "-n", "/var/lib/flatlan/flatland.lock", "true", check=None)
               .returncode == 0, "the daemon with the older clock has ended")
    lab.power("n2", "start")
    eventually(lambda: lab.run("node/n2", "flatlan", "node", "status", check=None).returncode == 0,
               lambda: f"n2's daemon is at work\n{lab.logs()}")


def a_daemon_is_stopped(lab):
    """Nobody waits for it, and one reads whose it is."""
    with lab.untouched(("n1", "n2")):
        lab.signal("n3", "STOP")
        done = lab.apply(nodes=1, pods=1)
        if "node 'n3' hears of no change before its flatland goes on" not in done.stdout + done.stderr:
            raise AssertionError(f"nothing of n3 in {done.stdout}{done.stderr}")
        lab.signal("n3", "CONT")
        lab.expect_flat("a daemon was stopped while a node was added")
        lab.apply(nodes=-1)
    lab.expect_flat("that node was removed")


MUTE = """import os, socket, sys
os.rename(sys.argv[1], sys.argv[1] + ".away")
with socket.socket(socket.AF_UNIX) as mute:
    mute.bind(sys.argv[1])
    mute.listen()
    print("mute", flush=True)
    sys.stdin.read()
os.rename(sys.argv[1] + ".away", sys.argv[1])
"""


def daemons_do_not_answer(lab):
    """One waits for all of them as long as for one of them, and only who asks for what they alone know."""
    names = lab.node_names()
    mute = [lab.start(f"node/{name}", sys.executable, "-c", MUTE, "/run/flatlan/flatland.sock") for name in names]
    for each in mute:
        each.stdout.readline()
    began = time.monotonic()
    shown = lab.ps()["nodes"]
    print(f"ok: ps with {len(names)} daemons that do not answer took {time.monotonic() - began:.2f} s", flush=True)
    if [node["name"] for node in shown] != names or any(node["state"] != "Running" for node in shown):
        raise AssertionError(f"ps shows {shown}")
    for each in mute:
        each.communicate(timeout=60)
        if each.returncode != 0:
            raise AssertionError("a socket is not back")


def another_node_takes_the_name(lab):
    second = ("flatland", "--config", "/run/flatlan/flatland.yaml", "--state-dir", "/var/lib/second", "--node-file",
              "/run/second.json", "--socket", "/run/second.sock", "--conflist", "/run/second.conflist")
    with lab.untouched(("n1", "n2")):
        refused = lab.run("node/n3", *second, "--node-name", "n1", check=1).stderr
        for words in ("--node-name: another live node has the name 'n1'", "a name of its own"):
            if words not in refused:
                raise AssertionError(f"nothing of '{words}' in {refused}")
        refused = lab.run("node/n3", *second, "--node-name", "stranger", check=1).stderr
        if "--underlay-address: the live node 'n3' has the underlay address" not in refused:
            raise AssertionError(refused)
    lab.expect_flat("a second node wanted a name, and another an underlay address")


def node_loses_its_power(lab):
    with lab.untouched(("n1", "n2")):
        lab.power("n3", "stop")
        if lab.flatlan("reach", lab.name, check=1).stdout.find("pod_missing") < 0:
            raise AssertionError("reach does not say that the pods of a stopped node are missing")
        lab.run("node/n3", "true", check=125)
        lab.power("n3", "start")
    lab.expect_flat("n3 lost its power and got it again")


def node_is_removed(lab):
    """For good, and later there is another one of its name."""
    gone = lab.node_names()[-1]
    with lab.untouched(("n1", "n2")):
        lab.apply(nodes=-1)
        if lab.claims_of(gone):
            raise AssertionError(f"{gone} is gone and has blocks: {lab.claims_of(gone)}\n{lab.logs()}")
        lab.expect_flat(f"{gone} was removed")
        lab.apply(nodes=1)
        if not lab.claims_of(gone):
            raise AssertionError(f"{gone} is back and has no blocks\n{lab.logs()}")
    lab.expect_flat(f"another {gone} was added")
    with lab.untouched(("n1", "n2")):
        lab.power("etcd", "stop")
        done = lab.apply(nodes=-1, check=1)
        for words in (f"node '{gone}' is gone and its blocks stay claimed", f"flatlan node remove {gone}"):
            if words not in done.stderr:
                raise AssertionError(f"nothing of '{words}' in {done.stderr}")
        lab.power("etcd", "start")
        eventually(lambda: lab.run("node/n1", "flatlan", "node", "remove", gone, "--force", check=None).returncode == 0,
                   lambda: f"{gone} is removed by hand\n{lab.logs()}")
        if lab.claims_of(gone):
            raise AssertionError(f"{gone} has blocks: {lab.claims_of(gone)}\n{lab.logs()}")
    lab.expect_flat(f"{gone} was removed while etcd had no power")


def narrow_ways(lab, name):
    """What the node's ways pass that pass less than was promised, as its daemon says, and how many routes do."""
    status = json.loads(lab.run(f"node/{name}", "flatlan", "node", "status", "--output", "json").stdout)
    routes = lab.run(f"node/{name}", "ip", "route", "show", "dev", "flat0").stdout
    return ({node["name"]: node["narrow_mtu"] for node in status["nodes"] if node["narrow_mtu"]},
            len(re.findall(r" mtu \d+", routes)))


def way_gets_narrow(lab):
    """n2's interface, by hand; into it a veth takes 4 octets more, for a VLAN tag (is_skb_forwardable of the kernel)."""
    others = [name for name in lab.node_names() if name != "n2"]
    own = {name: 1400 for name in others}
    with lab.untouched(("n1", "n3")):
        for mtu, of_n2, of_n1 in (("1400", own, {"n2": 1404}), ("1500", {}, {})):
            lab.run("node/n2", "ip", "link", "set", "eth0", "mtu", mtu)
            began = time.monotonic()
            for name, ways in (("n1", of_n1), ("n2", of_n2)):
                eventually(lambda name=name, ways=ways: narrow_ways(lab, name)[0] == ways,
                           lambda name=name: f"the ways of {name} are known: {narrow_ways(lab, name)}\n{lab.logs()}")
                if bool(narrow_ways(lab, name)[1]) != bool(ways):
                    raise AssertionError(f"the routes of {name} do not follow: {narrow_ways(lab, name)}")
            print(f"ok: pods' routes follow an underlay of {mtu} octets after {time.monotonic() - began:.2f} s "
                  "(promised: 5)", flush=True)
            shown = {node["name"]: {path["node"]: path["mtu"] for path in node["narrow_paths"]}
                     for node in lab.ps()["nodes"]}
            if (shown["n1"], shown["n2"]) != (of_n1, of_n2):
                raise AssertionError(f"ps shows other ways: {shown}")
            # Pods' kernels remember a narrow way for ten minutes after it was widened; packets are what `reach` goes by.
            lab.expect_flat(f"n2's underlay got an MTU of {mtu}")


def main():
    folder, nodes, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    lab = Lab(folder, "agents-e2e", nodes, 2 * nodes, seed)
    print(f"{nodes} nodes, seed {seed}", flush=True)
    lab.up()
    lab.expect_flat(f"{nodes} daemons began at the same instant")
    if "senders4" not in lab.run("node/n1", "nft", "list", "table", "inet", "flatlan_tunnel").stdout:
        raise AssertionError("the lab's sender check did not get to its daemons")
    etcd_is_killed(lab)
    etcd_loses_its_power(lab)
    etcd_is_compacted(lab)
    etcd_loses_its_data(lab)
    daemons_are_killed_in_every_state(lab, rounds=3 if nodes < 10 else 60)
    node_is_cut_off(lab)
    node_comes_back_with_an_older_clock(lab)
    a_daemon_is_stopped(lab)
    daemons_do_not_answer(lab)
    another_node_takes_the_name(lab)
    node_loses_its_power(lab)
    node_is_removed(lab)
    way_gets_narrow(lab)
    lab.flatlan("down", lab.name)


if __name__ == "__main__":
    main()
