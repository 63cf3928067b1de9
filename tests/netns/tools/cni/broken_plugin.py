#!/usr/bin/python3 -SE
"""A CNI plugin that breaks the specification in one way, which the file `broken.mode` beside it names; `broken.real`
is the path of one that holds it. For tests of the conformance kit, which must see each."""
import fcntl
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
MODE = (HERE / "broken.mode").read_text()
REAL = (HERE / "broken.real").read_text()
VERB = os.environ.get("CNI_COMMAND", "")


def real(text, verb=VERB, **variables):
    done = subprocess.run([REAL], input=text, capture_output=True, check=False,
                          env={**os.environ, "CNI_COMMAND": verb, **variables})
    return done.returncode, done.stdout


def end(status, output=b""):
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    os._exit(status)


def parsed(output):
    try:
        return json.loads(output)
    except ValueError:
        return {}


def change_answer(status, output):
    """What is told otherwise than it is."""
    told = parsed(output)
    added = VERB == "ADD" and status == 0 and "ips" in told
    if MODE == "speaks on standard output" and VERB == "ADD":
        return status, b"making an interface\n" + output
    if MODE == "speaks on DEL" and VERB == "DEL":
        return status, b'{"done": true}\n'
    if MODE == "succeeds when it fails":
        return 0, output
    if status != 0 and told:
        if MODE == "has codes of its own":
            told["code"] = 999
        if MODE == "has no message":
            del told["msg"]
        if MODE == "fails in one version":
            told["cniVersion"] = "0.4.0"
        if MODE == "does not name variables":
            told["msg"] = "a variable is wrong"
    if added:
        inside = [entry for entry in told["interfaces"] if entry.get("sandbox")][-1]
        if MODE == "tells another address":
            told["ips"][0]["address"] = "192.0.2.9/32"
        if MODE == "tells one address for all":
            for entry in told["ips"]:
                entry["address"] = "192.0.2.9/32" if "." in entry["address"] else "fd00::9/128"
        if MODE == "tells another MAC address":
            inside["mac"] = "02:00:00:00:0f:0f"
        if MODE == "tells another MTU" and "mtu" in inside:
            inside["mtu"] = 9000
        if MODE == "tells no sandbox":
            del inside["sandbox"]
        if MODE == "tells a route that is not there":
            told["routes"].append({"dst": "203.0.113.0/24"})
        if MODE == "tells an interface of the node that is not there":
            told["interfaces"].append({"name": "absent0"})
        if MODE == "names no interface":
            for entry in told["ips"]:
                entry["interface"] = 9
        if MODE == "names the wrong interface":
            for entry in told["ips"]:
                entry["interface"] = 0
        if MODE == "tells the family always":
            for entry in told["ips"]:
                entry["version"] = "4" if "." in entry["address"] else "6"
    if MODE == "answers VERSION in one version" and VERB == "VERSION":
        told["cniVersion"] = "0.4.0"
    return status, (json.dumps(told).encode() if told else output)


def change_call(text):
    """What is done otherwise than asked."""
    configuration = parsed(text)
    if MODE == "takes any version" and configuration.get("cniVersion") == "99.0.0":
        configuration["cniVersion"] = "1.0.0"
    if MODE == "loses the previous result" and VERB == "ADD":
        configuration.pop("prevResult", None)
    if MODE == "collects all garbage" and VERB == "GC":
        configuration["cni.dev/valid-attachments"] = []
    if MODE == "collects every network's garbage" and VERB == "GC":
        configuration["name"] = "flat"
    return json.dumps(configuration).encode() if configuration else text


def refuse(message, code=100):
    version = parsed(TEXT).get("cniVersion", "1.0.0")
    end(1, json.dumps({"cniVersion": version, "code": code, "msg": message}).encode())


def act_before():
    marker = HERE / (os.environ.get("CNI_CONTAINERID", "none").replace("/", "_") + ".added")
    if MODE == "does nothing on DEL" and VERB == "DEL":
        end(0)
    if MODE == "does nothing on GC" and VERB == "GC":
        end(0)
    if MODE == "checks nothing" and VERB == "CHECK":
        end(0)
    if MODE == "finds fault with all" and VERB == "CHECK":
        refuse("not as it should be")
    if MODE == "is never ready" and VERB == "STATUS":
        refuse("not ready", 50)
    if MODE == "is always ready" and VERB == "STATUS":
        end(0)
    if MODE == "needs CNI_NETNS for DEL" and VERB == "DEL" and not os.path.exists(os.environ.get("CNI_NETNS", "")):
        refuse("no namespace")
    if MODE == "knows each DEL once" and VERB == "DEL":
        if not marker.exists():
            refuse("no such container")
        marker.unlink()
    if MODE == "knows each DEL once" and VERB == "ADD":
        marker.touch()
    if MODE == "works alone" and VERB in ("ADD", "DEL"):
        lock = open(HERE / "lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse("busy")
        globals()["held"] = lock
        time.sleep(0.05)
    if MODE == "stays half done" and VERB in ("ADD", "DEL"):
        # Nothing takes this away but an ADD or DEL that comes to its end undisturbed.
        if (HERE / "half").exists():
            refuse("something is half done")
        (HERE / "half").touch()
    if MODE == "adds twice" and VERB == "ADD":
        subprocess.run(["nsenter", "--net=" + os.environ["CNI_NETNS"], "ip", "link", "del", "eth0"], check=False,
                       capture_output=True)
        real(TEXT, "DEL")


def act_after(status):
    if MODE == "leaves a process" and VERB == "ADD" and status == 0:
        subprocess.Popen(["sleep", "300"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    if MODE == "leaves a device when it fails" and VERB == "ADD" and status != 0:
        subprocess.run(["ip", "link", "add", f"l{os.getpid()}", "type", "veth"], check=False)
    if MODE == "leaves a device on the node" and VERB == "DEL":
        subprocess.run(["ip", "link", "add", f"l{os.getpid()}", "type", "veth"], check=False)
    if MODE == "leaves an address in the container" and VERB == "DEL" and os.environ.get("CNI_NETNS"):
        subprocess.run(["nsenter", "--net=" + os.environ["CNI_NETNS"], "ip", "address", "add", "192.0.2.8/32", "dev",
                        "lo"], check=False, capture_output=True)
    if MODE == "leaves the interface down" and VERB == "ADD" and status == 0:
        subprocess.run(["nsenter", "--net=" + os.environ["CNI_NETNS"], "ip", "link", "set",
                        os.environ["CNI_IFNAME"], "down"], check=False)
    if MODE == "stays half done":
        (HERE / "half").unlink(missing_ok=True)


PART = 60_000 if MODE == "reads a part of its input" else -1
TEXT = os.read(0, PART) if PART > 0 else sys.stdin.buffer.read()
if MODE == "is no plugin":
    end(0, b"hello\n")
act_before()
if MODE == "keeps addresses" and VERB == "DEL":
    STATUS, OUTPUT = real(TEXT, CNI_IFNAME="other0")
    subprocess.run(["nsenter", "--net=" + os.environ.get("CNI_NETNS", "/none"), "ip", "link", "del", "eth0"],
                   check=False, capture_output=True)
else:
    STATUS, OUTPUT = real(change_call(TEXT))
act_after(STATUS)
end(*change_answer(STATUS, OUTPUT))
