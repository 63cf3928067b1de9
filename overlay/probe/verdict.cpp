#include "overlay/probe/verdict.hpp"

#include <array>

#include "overlay/base/check.hpp"

namespace flatlan::probe {
namespace {

struct Words {
    Verdict verdict;
    std::string_view word;
    std::string_view mend;
};

constexpr std::string_view kLookAtRoutes =
    "compare `ip route get ADDRESS` in the sender's namespace and in each node's with what it "
    "should be";

constexpr std::array kWords{
    Words{Verdict::delivered, "delivered", ""},
    Words{Verdict::no_route, "no_route", kLookAtRoutes},
    Words{Verdict::wrong_route, "wrong_route", kLookAtRoutes},
    Words{Verdict::neighbour_missing, "neighbour_missing",
          "add the permanent neighbour entry of the next hop"},
    Words{Verdict::neighbour_wrong, "neighbour_wrong",
          "replace the neighbour entry of the next hop"},
    Words{Verdict::fdb_missing, "fdb_missing", "add the FDB entry of the remote node"},
    Words{Verdict::fdb_wrong, "fdb_wrong", "replace the FDB entry of the remote node"},
    Words{Verdict::tunnel_missing, "tunnel_missing", "create the tunnel device on that node"},
    Words{Verdict::tunnel_port_blocked, "tunnel_port_blocked",
          "let the tunnel's UDP port pass between the nodes"},
    Words{Verdict::underlay_unreachable, "underlay_unreachable",
          "make the nodes' underlay addresses reach each other"},
    Words{Verdict::sender_rejected, "sender_rejected",
          "make the sending node known to the receiving one"},
    Words{Verdict::vni_mismatch, "vni_mismatch", "use one VNI on all nodes"},
    Words{Verdict::forwarding_off, "forwarding_off",
          "set net.ipv4.ip_forward and net.ipv6.conf.all.forwarding to 1 on that node"},
    Words{Verdict::reverse_path_filter, "reverse_path_filter",
          "set rp_filter to 2 or 0 on the receiving interface, or make the routes symmetric"},
    Words{
        Verdict::filtered, "filtered",
        "find the rule with `nft list ruleset` or `iptables-save` and let the pods' traffic pass"},
    Words{Verdict::source_rewritten, "source_rewritten",
          "find the masquerade or SNAT rule with `nft list ruleset` or `iptables -t nat -S` and "
          "leave traffic between pods out of it"},
    Words{
        Verdict::destination_rewritten, "destination_rewritten",
        "find the DNAT or redirect rule with `nft list ruleset` or `iptables -t nat -S` and leave "
        "pods' addresses out of it"},
    Words{Verdict::mtu_black_hole, "mtu_black_hole",
          "lower the pods' MTU to what the path carries"},
    Words{Verdict::ttl_expired, "ttl_expired", "look for a routing loop, or a rule on the TTL"},
    Words{Verdict::duplicate_address, "duplicate_address", "take the address from one of the two"},
    Words{Verdict::hairpin_failed, "hairpin_failed", "let the pod reach its own address"},
    Words{Verdict::link_down, "link_down", "set the interface up"},
    Words{Verdict::address_missing, "address_missing",
          "put the address back on the interface of that pod or node"},
    Words{Verdict::pod_missing, "pod_missing", "start the pod again, or leave it out"},
    Words{Verdict::no_listener, "no_listener", "start what should listen there"},
    Words{Verdict::checksum_fault, "checksum_fault",
          "turn checksum offload off on the tunnel device"},
    Words{Verdict::loss, "loss", "look for full queues on the way"},
    Words{Verdict::tester_overloaded, "tester_overloaded",
          "run the test again on a quieter machine, or raise the limit that is named"},
    Words{Verdict::unknown, "unknown",
          "capture on the nodes of such a pair, from the sender's on, and see where it ends"},
};

const Words& words_of(Verdict verdict) {
    const Words& words = kWords[static_cast<std::size_t>(verdict)];
    FLATLAN_CHECK(words.verdict == verdict);
    return words;
}

}  // namespace

std::string_view to_string(Verdict verdict) { return words_of(verdict).word; }
std::string_view mend_for(Verdict verdict) { return words_of(verdict).mend; }

}  // namespace flatlan::probe
