#include "overlay/lab/fault/makers.hpp"
#include "overlay/linux/nftables/nftables.hpp"

namespace flatlan::lab {
namespace {

std::string family_word(const IpAddress& address) { return address.is_ipv4() ? "ip" : "ip6"; }

/// Where a place meets packets that are not its own, and a pod those that it sends.
std::string usual_hook(const Scene& scene) {
    return scene.at().kind == PlaceKind::pod ? "output" : "forward";
}

/// Where a place meets the tunnel's packets, or those to `towards`: a node what comes to itself and
/// what it sends to others.
std::string tunnel_hook(const Scene& scene) {
    if (scene.at().kind != PlaceKind::node) return "forward";
    return scene.has_towards() && scene.towards().endpoint != scene.at().endpoint ? "output"
                                                                                  : "input";
}

std::string chain(const std::string& type, const std::string& hook, const std::string& priority,
                  const std::string& rules) {
    return "chain " + hook + " { type " + type + " hook " + hook + " priority " + priority + ";\n" +
           rules + "}\n";
}

/// One rule for each address of `towards`.
Result<MadeFault> rules_for(Scene& scene, const std::string& type, const std::string& hook,
                            const std::string& priority, const std::string& action) {
    std::string rules;
    for (const IpAddress& address : scene.destinations())
        rules += family_word(address) + " daddr " + to_string(address) + " " + action + "\n";
    FLATLAN_TRY(undo, add_filter(scene, chain(type, hook, priority, rules)));
    return MadeFault{"made rules of nftables: " + hook + ": " + action, std::move(undo)};
}

}  // namespace

Result<FaultUndo> add_filter(Scene& scene, const std::string& chains) {
    const std::string table = "inet fault-" + std::to_string(scene.number());
    FLATLAN_TRY(filters, Nftables::open(scene.network()));
    FLATLAN_TRY(added, filters.run("table " + table + " {\n" + chains + "}\n"));
    static_cast<void>(added);
    FaultUndo undo = [table](const Namespace& network, Netlink&) -> Result<void> {
        FLATLAN_TRY(own, Nftables::open(network));
        // Made anew first, so that it may be gone.
        FLATLAN_TRY(removed, own.run("add table " + table + "\ndelete table " + table + "\n"));
        static_cast<void>(removed);
        return success();
    };
    return undo;
}

Result<MadeFault> drop_packets(Scene& scene) {
    return rules_for(scene, "filter", usual_hook(scene), "0", "drop");
}

Result<MadeFault> reject_packets(Scene& scene) {
    return rules_for(scene, "filter", usual_hook(scene), "0", "reject");
}

Result<MadeFault> lose_packets(Scene& scene) {
    return rules_for(scene, "filter", usual_hook(scene), "0", "numgen inc mod 2 0 drop");
}

Result<MadeFault> masquerade(Scene& scene) {
    return rules_for(scene, "nat", "postrouting", "100", "masquerade");
}

/// To the place itself.
Result<MadeFault> redirect(Scene& scene) {
    const std::string hook = scene.at().kind == PlaceKind::pod ? "output" : "prerouting";
    std::string rules;
    for (const IpAddress& address : scene.destinations()) {
        const auto own = scene.at().addresses.find(address.family());
        if (own)
            rules += family_word(address) + " daddr " + to_string(address) + " dnat " +
                     family_word(address) + " to " + to_string(*own) + "\n";
    }
    FLATLAN_TRY(undo, add_filter(scene, chain("nat", hook, "-100", rules)));
    return MadeFault{"made rules of nftables: " + hook + ": dnat", std::move(undo)};
}

Result<MadeFault> use_up_ttl(Scene& scene) {
    std::string rules;
    for (const IpAddress& address : scene.destinations())
        rules += family_word(address) + " daddr " + to_string(address) +
                 (address.is_ipv4() ? " ip ttl set 1\n" : " ip6 hoplimit set 1\n");
    FLATLAN_TRY(undo, add_filter(scene, chain("filter", usual_hook(scene), "-150", rules)));
    return MadeFault{"made rules of nftables: ttl set 1", std::move(undo)};
}

Result<MadeFault> spoil_checksum(Scene& scene) {
    std::string rules;
    for (const IpAddress& address : scene.destinations())
        rules +=
            family_word(address) + " daddr " + to_string(address) +
            (address.is_ipv4() ? " icmp checksum set 0xbad\n" : " icmpv6 checksum set 0xbad\n");
    FLATLAN_TRY(undo, add_filter(scene, chain("filter", usual_hook(scene), "-150", rules)));
    return MadeFault{"made rules of nftables: checksum set 0xbad", std::move(undo)};
}

Result<MadeFault> disguise_endpoint(Scene& scene) {
    constexpr unsigned kOther = 0x80;  // an address of the underlay that no node of a small lab has
    std::string rules;
    MadeFault made;
    for (const IpAddress& endpoint : scene.outer_destinations()) {
        const IpAddress other = IpAddress::from_value(endpoint.family(), endpoint.value() ^ kOther);
        const std::string family = family_word(endpoint);
        // Without a memory of connections: they would outlive the rule.
        rules += family + " saddr " + to_string(endpoint) + " udp dport " +
                 std::to_string(scene.lab().tunnel_port.value()) + " " + family + " saddr set " +
                 to_string(other) + "\n";
        made.what += "made a rule of nftables: saddr set " + to_string(other);
    }
    FLATLAN_TRY(undo, add_filter(scene, chain("filter", "forward", "0", rules)));
    made.undo = std::move(undo);
    return made;
}

Result<MadeFault> block_tunnel_port(Scene& scene) {
    const std::string hook = tunnel_hook(scene);
    const std::string port = std::to_string(scene.lab().tunnel_port.value());
    std::string rule = "udp dport " + port + " drop\n";
    if (scene.has_towards())
        for (const IpAddress& endpoint : scene.outer_destinations())
            rule = family_word(endpoint) + " daddr " + to_string(endpoint) + " " + rule;
    FLATLAN_TRY(undo, add_filter(scene, chain("filter", hook, "0", rule)));
    return MadeFault{"made a rule of nftables: " + hook + ": udp dport " + port + " drop",
                     std::move(undo)};
}

}  // namespace flatlan::lab
