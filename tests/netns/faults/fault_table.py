"""Each reason of the closed list (overlay/probe/verdict.hpp), how it is made in a lab, and what must be said of it.

The lab: nodes n1, n2 and n3; pod-1 and pod-4 on n1, pod-2 on n2, pod-3 on n3. The packets of a row go from pod-1 to pod-2
unless it says otherwise.
"""
from typing import NamedTuple

KERNEL, USER, DIRECT = "kernel", "user", "direct"
TUNNELS = (KERNEL, USER)
ALL = (KERNEL, USER, DIRECT)


class Row(NamedTuple):
    name: str
    breaks: tuple         # each the words after `flatlan fault add`, or a command for `flatlan exec`, its place first
    verdict: str
    hop: str
    backends: tuple = ALL
    ends: tuple = ("pod-1", "pod-2")
    families: str = "46"
    protocol: str = "icmp"
    reach_fails: bool = True
    then: tuple = ()      # (verdict, hop) that is named once the first is mended


def fault(*words):
    return ("fault", *words)


def command(place, *words):
    return ("exec", place, *words)


def at(kind, verdict, *hops, towards="pod-2", **more):
    """One fault at several hops: the one that has it is the one to be named."""
    return [Row(f"{kind} at {hop}" + (f" towards {towards}" if towards else ""), (fault(kind, hop, *([towards] if towards else [])),), verdict,
                hop if "/" in hop or hop == "underlay" else f"default/{hop}", **more) for hop in hops]


def iptables(tool, place, table, chain, *words):
    """The same rule for both families, for packets to pod-2."""
    return tuple(command(place, name, "-t", table, "-A", chain, "-d", address, *words)
                 for name, address in ((f"iptables{tool}", "{pod-2/4}"), (f"ip6tables{tool}", "{pod-2/6}")))


ROUTES = [
    *at("route-missing", "no_route", "pod-1", "node/n1", "node/n2"),
    *at("route-missing", "underlay_unreachable", "underlay", backends=TUNNELS),
    Row("the way back has no route", (fault("route-missing", "node/n2", "pod-1"),), "no_route", "node/n2"),
    Row("the pod's way back has no route", (fault("route-missing", "pod-2", "pod-1"),), "no_route", "default/pod-2"),
    *at("underlay-route-missing", "underlay_unreachable", "node/n1", backends=TUNNELS),
    *at("route-wrong", "wrong_route", "pod-1", "node/n1", "node/n2"),
    *at("route-wrong", "wrong_route", "underlay", backends=TUNNELS),
    *at("rule-prohibits", "wrong_route", "pod-1", "node/n1", "node/n2"),
    *at("rule-prohibits", "wrong_route", "underlay", backends=TUNNELS),
    *at("netmask-wrong", "wrong_route", "pod-1", towards=""),
]
NEIGHBOURS = [
    *at("neighbour-missing", "neighbour_missing", "pod-1"),
    *at("neighbour-missing", "neighbour_missing", "node/n1", backends=(KERNEL,)),
    *at("neighbour-wrong", "neighbour_wrong", "pod-1", "node/n2"),
    *at("neighbour-wrong", "neighbour_wrong", "node/n1", backends=(KERNEL, DIRECT)),
    *at("neighbour-wrong", "neighbour_wrong", "underlay", backends=TUNNELS),
    *at("fdb-missing", "fdb_missing", "node/n1", backends=(KERNEL,)),
    Row("the way back has no fdb entry", (fault("fdb-missing", "node/n2", "pod-1"),), "fdb_missing", "node/n2", (KERNEL,)),
    *at("fdb-wrong", "fdb_wrong", "node/n1", backends=(KERNEL,)),
]
LINKS = [
    *at("link-down", "link_down", "pod-1", "pod-2", "node/n1", "node/n2", towards=""),
    *at("link-down", "link_down", "underlay", "node/n2"),
    Row("a pod does not reach itself", (fault("loopback-down", "pod-1"),), "hairpin_failed", "default/pod-1",
        ends=("pod-1", "pod-1")),
    *at("tunnel-down", "link_down", "node/n1", "node/n2", towards="", backends=TUNNELS),
    *at("tunnel-missing", "tunnel_missing", "node/n1", "node/n2", towards="", backends=TUNNELS),
    *at("vni-wrong", "vni_mismatch", "node/n1", "node/n2", towards="", backends=(KERNEL,)),
    *at("tunnel-port-wrong", "tunnel_port_blocked", "node/n1", "node/n2", towards="", backends=(KERNEL,)),
    *at("tunnel-port-blocked", "tunnel_port_blocked", "node/n1", "node/n2", "underlay", backends=TUNNELS),
    Row("a stranger's endpoint", (fault("endpoint-disguised", "underlay", "pod-1"),), "sender_rejected", "node/n2", TUNNELS),
    *at("mtu-black-hole", "mtu_black_hole", "underlay", backends=TUNNELS),
    *at("mtu-black-hole", "mtu_black_hole", "node/n2"),
]
ADDRESSES = [
    *at("address-missing", "address_missing", "pod-1", "pod-2", towards=""),
    *at("address-missing", "address_missing", "node/n2", towards="", ends=("pod-1", "node/n2")),
    *at("address-duplicate", "duplicate_address", "node/n1", "node/n2"),
    Row("a neighbour pod has the sender's address", (fault("address-duplicate", "node/n2", "pod-1"),),
        "duplicate_address", "node/n2"),
]
SETTINGS = [
    *at("forwarding-off", "forwarding_off", "node/n1", "node/n2", towards=""),
    *at("forwarding-off", "forwarding_off", "underlay", towards="", backends=TUNNELS),
    *at("reverse-path-filter", "reverse_path_filter", "node/n1", "node/n2", towards="pod-1", families="4"),
]
FILTERS = [
    *at("filter-drop", "filtered", "pod-1", "node/n1", "node/n2"),
    *at("filter-reject", "filtered", "pod-1", "node/n1", "node/n2"),
    *at("filter-drop", "tunnel_port_blocked", "underlay", backends=TUNNELS),
    *at("filter-drop", "filtered", "underlay", backends=(DIRECT,)),
    *at("loss", "loss", "node/n1", "node/n2"),
    *at("masquerade", "source_rewritten", "node/n1", "node/n2"),
    *at("dnat", "destination_rewritten", "node/n1", "node/n2"),
    *at("ttl-used-up", "ttl_expired", "node/n1", "pod-1"),
    *at("checksum-spoilt", "checksum_fault", "node/n1", "node/n2"),
]
IPTABLES = [row for tool in ("", "-legacy") for row in (
    Row(f"iptables{tool} drops", iptables(tool, "node/n1", "filter", "FORWARD", "-j", "DROP"), "filtered", "node/n1"),
    Row(f"iptables{tool} drops at the far node", iptables(tool, "node/n2", "mangle", "FORWARD", "-j", "DROP"),
        "filtered", "node/n2"),
    Row(f"iptables{tool} rejects", iptables(tool, "node/n2", "filter", "FORWARD", "-j", "REJECT"), "filtered", "node/n2"),
    Row(f"iptables{tool} drops in the pod", iptables(tool, "pod-2", "filter", "INPUT", "-j", "DROP"), "filtered",
        "default/pod-2"),
    Row(f"iptables{tool} masquerades", iptables(tool, "node/n1", "nat", "POSTROUTING", "-j", "MASQUERADE"),
        "source_rewritten", "node/n1"),
    Row(f"iptables{tool} has a policy", (command("node/n2", f"iptables{tool}", "-P", "FORWARD", "DROP"),), "filtered",
        "node/n2", families="4"),
    Row(f"iptables{tool} uses the TTL up",
        (command("node/n1", f"iptables{tool}", "-t", "mangle", "-A", "FORWARD", "-d", "{pod-2/4}", "-j", "TTL",
                 "--ttl-set", "1"),), "ttl_expired", "node/n1", families="4"),
)]
OTHERS = [
    Row("two faults at once", (fault("filter-drop", "node/n2", "pod-2"), fault("route-missing", "node/n1", "pod-2")),
        "no_route", "node/n1", then=("filtered", "node/n2")),
    Row("a fault there and one back", (fault("filter-drop", "node/n1", "pod-1"), fault("neighbour-wrong", "pod-1", "pod-2")),
        "neighbour_wrong", "default/pod-1", then=("filtered", "node/n1")),
    Row("only UDP is dropped", (command("node/n1", "nft", "table inet no-udp { chain f { type filter hook forward priority 0;"
                                        " ip daddr {pod-2/4} meta l4proto udp drop; }; }"),), "filtered", "node/n1",
        protocol="udp", families="4"),
    Row("only TCP is dropped", (command("node/n2", "nft", "table inet no-tcp { chain f { type filter hook forward priority 0;"
                                        " ip6 daddr {pod-2/6} meta l4proto tcp drop; }; }"),), "filtered", "node/n2",
        protocol="tcp", families="6"),
]
ROWS = ROUTES + NEIGHBOURS + LINKS + ADDRESSES + SETTINGS + FILTERS + IPTABLES + OTHERS
