#include <algorithm>

#include "tools/doctor/judge_node.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::doctor {
namespace {

/// "net.ipv4.ip_forward" for "net/ipv4/ip_forward".
std::string sysctl_name(std::string path) {
    std::ranges::replace(path, '/', '.');
    return path;
}

/// Settings of the kernel that have to have a value for packets to be passed on, by path.
std::vector<std::pair<std::string, std::string>> wanted_sysctls(const NodeFacts& facts) {
    std::vector<std::pair<std::string, std::string>> wanted{{"net/ipv4/ip_forward", "1"}};
    const bool ipv6 = facts.node && facts.node->has(IpFamily::ipv6);
    if (ipv6) wanted.emplace_back("net/ipv6/conf/all/forwarding", "1");
    for (const Link& link : facts.own_links) {
        // IPv6 asks the setting for all interfaces alone (ip-sysctl, forwarding).
        wanted.emplace_back("net/ipv4/conf/" + link.name.text() + "/forwarding", "1");
        if (ipv6) wanted.emplace_back("net/ipv6/conf/" + link.name.text() + "/disable_ipv6", "0");
    }
    return wanted;
}

NodeCheck forwarding(const NodeFacts& facts) {
    NodeCheck check{.name = "forwarding", .found = "on"};
    std::string found;
    std::string mend = "sysctl -w";
    const bool all_off = facts.sysctls.contains("net/ipv4/ip_forward") &&
                         facts.sysctls.at("net/ipv4/ip_forward") == "0";
    for (const auto& [path, value] : wanted_sysctls(facts)) {
        const auto seen = facts.sysctls.find(path);
        if (seen == facts.sysctls.end() || seen->second == value) continue;
        if (all_off && path.starts_with("net/ipv4/conf/")) continue;  // goes with that for all
        found += (found.empty() ? "" : ", ") + sysctl_name(path) + " is " + seen->second;
        mend += ' ' + sysctl_name(path) + '=' + value;
    }
    if (found.empty()) return check;
    // A daemon that runs switches it on within a second, so nobody does.
    check.state = facts.node ? NodeState::broken : NodeState::doubtful;
    check.found = found;
    check.breaks = "this node does not pass packets on, to its pods or from them";
    check.mend = mend;
    return check;
}

/// What the kernel takes: the greater of the value for all interfaces and the interface's own.
int strictness(const NodeFacts& facts, const std::string& interface) {
    int strictest = 0;
    for (const std::string& name : {std::string{"all"}, interface}) {
        const auto found = facts.sysctls.find("net/ipv4/conf/" + name + "/rp_filter");
        if (found != facts.sysctls.end() && found->second.size() == 1)
            strictest = std::max(strictest, found->second[0] - '0');
    }
    return strictest;
}

NodeCheck reverse_path(const NodeFacts& facts) {
    NodeCheck check{.name = "reverse path filter", .found = "refuses no way that is in use"};
    if (facts.refused_by_source > 0)
        check.found += "; " + std::to_string(facts.refused_by_source) +
                       " packets were refused since the start";
    if (!facts.underlay) return check;
    constexpr int kStrict = 1;  // 2 is loose (ip-sysctl, rp_filter)
    const Link& link = facts.underlay->link;
    for (const PeerFacts& peer : facts.peers) {
        if (!peer.route.device || *peer.route.device == link.index) continue;
        const bool strict = strictness(facts, link.name.text()) == kStrict;
        check.state = strict ? NodeState::broken : NodeState::doubtful;
        check.found = "the way to node " + to_string(peer.endpoint) +
                      " leaves by another interface than " + link.name.text() +
                      (strict ? ", whose rp_filter is strict" : "");
        check.breaks = strict ? "what comes from there by " + link.name.text() + " is dropped"
                              : "packets go there with a source that others may refuse";
        check.mend = strict ? "sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf." +
                                  link.name.text() + ".rp_filter=2"
                            : "ip route get " + to_string(peer.endpoint);
        return check;
    }
    return check;
}

/// What the way between nodes takes of the underlay's MTU.
std::uint32_t headers_bytes(const NodeFacts& facts) {
    const UnderlayMtu any{1500};
    const auto kind = tunnel::backend_from_text(facts.node->backend);
    const auto inner = tunnel::overlay_mtu(kind ? kind.value() : tunnel::BackendKind::kernel, any,
                                           facts.underlay->address.family(), false);
    return any.value() - inner.value().value();
}

NodeCheck mtu(const NodeFacts& facts) {
    NodeCheck check{.name = "mtu", .found = "not known before the daemon has joined"};
    if (!facts.node || !facts.underlay) return check;
    const std::uint32_t underlay = facts.underlay->link.mtu.value();
    const std::uint32_t pods = facts.node->mtu.value();
    const std::uint32_t headers = headers_bytes(facts);
    check.found = "pods " + std::to_string(pods) + ", " + facts.underlay->link.name.text() + ' ' +
                  std::to_string(underlay);
    if (pods + headers > underlay) {
        check.state = NodeState::broken;
        check.breaks = "large packets do not fit the underlay: the way between nodes takes " +
                       std::to_string(headers) + " octets";
        check.mend = "ip link set " + facts.underlay->link.name.text() + " mtu " +
                     std::to_string(pods + headers);
    } else if (facts.tunnel && facts.tunnel->mtu.value() < pods) {
        check.state = NodeState::broken;
        check.found += ", flat0 " + std::to_string(facts.tunnel->mtu.value());
        check.breaks = "pods send more than the tunnel's device takes";
        check.mend = "ip link set flat0 mtu " + std::to_string(pods);
    }
    return check;
}

}  // namespace

void judge_way(const NodeFacts& facts, NodeReport& report) {
    report.checks.push_back(forwarding(facts));
    report.checks.push_back(reverse_path(facts));
    report.checks.push_back(mtu(facts));
}

}  // namespace flatlan::doctor
