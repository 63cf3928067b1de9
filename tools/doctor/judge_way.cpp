#include <algorithm>

#include "tools/doctor/judge_node.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::doctor {
namespace {

std::string text_of(const std::vector<ClosedChain>& chains) {
    std::string text;
    for (const ClosedChain& chain : chains)
        text += (text.empty() ? "" : "; ") + ("table " + chain.family + ' ' + chain.table) +
                ", chain " + chain.chain + ": " + chain.why;
    return text;
}

/// What the chains that drop packets wholly make of them, else those that drop some.
NodeState state_of(const std::vector<ClosedChain>& chains) {
    return std::ranges::any_of(chains, &ClosedChain::wholly) ? NodeState::broken
                                                             : NodeState::doubtful;
}

/// Those that drop them wholly first: one is mended after the other.
std::vector<ClosedChain> worst_first(std::vector<ClosedChain> chains) {
    std::ranges::stable_partition(chains, &ClosedChain::wholly);
    return chains;
}

/// In the words of whoever made the chain, so that the mend lasts as long as its other rules.
std::string mend_forward(const NodeFacts& facts, const ClosedChain& chain) {
    std::string mend;
    for (const IpPrefix& prefix : facts.node->cluster_prefixes) {
        const bool ipv4 = prefix.family() == IpFamily::ipv4;
        if (chain.family != "inet" && (chain.family == "ip") != ipv4) continue;
        if (!mend.empty()) mend += " && ";
        const std::string cidr = to_string(prefix);
        if (chain.table == "firewalld")
            mend += "firewall-cmd --permanent --zone=trusted --add-source=" + cidr;
        else if (chain.family != "inet" && chain.table == "filter")
            mend += (ipv4 ? "iptables -I " : "ip6tables -I ") +
                    std::string{facts.filters.docker && ipv4 ? "DOCKER-USER" : chain.chain} +
                    " -s " + cidr + " -d " + cidr + " -j ACCEPT";
        else
            mend += "nft insert rule " + chain.family + ' ' + chain.table + ' ' + chain.chain +
                    (ipv4 ? " ip saddr " : " ip6 saddr ") + cidr + (ipv4 ? " ip" : " ip6") +
                    " daddr " + cidr + " accept";
    }
    return chain.table == "firewalld" ? mend + " && firewall-cmd --reload" : mend;
}

NodeCheck forward_filter(const NodeFacts& facts) {
    NodeCheck check{.name = "forward filter", .found = "nothing drops packets from pod to pod"};
    if (!facts.node) {
        check.found = "not looked at: the pods' prefixes are not known";
    } else if (!facts.filters.forward.empty()) {
        const std::vector<ClosedChain> chains = worst_first(facts.filters.forward);
        check.state = state_of(chains);
        check.found = text_of(chains) + ", and no rule before it accepts " +
                      to_string(facts.node->cluster_prefixes.front()) + " or flat0";
        check.breaks =
            check.state == NodeState::broken
                ? "packets between pods are dropped where this node forwards them"
                : "some packets between pods may be dropped where this node forwards them";
        check.mend = mend_forward(facts, chains.front());
    } else if (!facts.filters.unreadable.empty() || facts.filters.legacy) {
        check.state = NodeState::doubtful;
        check.found = facts.filters.unreadable.empty()
                          ? "iptables-legacy has tables, which are not seen here"
                          : facts.filters.unreadable;
        check.breaks = "a filter that drops forwarded packets would not be found";
        check.mend = "iptables-legacy -S FORWARD";
    }
    return check;
}

NodeCheck tunnel_port(const NodeFacts& facts) {
    NodeCheck check{.name = "tunnel port", .found = "nothing drops the tunnel's datagrams"};
    if (!facts.underlay) {
        check.found = "not looked at: the underlay is not known";
        return check;
    }
    if (facts.filters.input.empty()) return check;
    const std::vector<ClosedChain> chains = worst_first(facts.filters.input);
    const ClosedChain& chain = chains.front();
    const std::string port = std::to_string(facts.tunnel->vxlan->port.value());
    check.state = state_of(chains);
    check.found = text_of(chains) + ", and no rule before it accepts UDP port " + port;
    check.breaks = check.state == NodeState::broken
                       ? "what other nodes send to pods of this one is dropped"
                       : "some of what other nodes send to pods of this one may be dropped";
    if (chain.table == "firewalld")
        check.mend =
            "firewall-cmd --permanent --add-port=" + port + "/udp && firewall-cmd --reload";
    else if (chain.family != "inet" && chain.table == "filter")
        check.mend = (chain.family == "ip" ? "iptables -I " : "ip6tables -I ") + chain.chain +
                     " -p udp --dport " + port + " -j ACCEPT";
    else
        check.mend = "nft insert rule " + chain.family + ' ' + chain.table + ' ' + chain.chain +
                     " udp dport " + port + " accept";
    return check;
}

NodeCheck forwarding(const NodeFacts& facts) {
    NodeCheck check{.name = "forwarding", .found = "on"};
    const auto is_off = [&](const char* path) {
        const auto found = facts.sysctls.find(path);
        return found != facts.sysctls.end() && found->second == "0";
    };
    const bool wants_ipv6 = facts.node && facts.node->has(IpFamily::ipv6);
    std::string off;
    if (is_off("net/ipv4/ip_forward")) off = "net.ipv4.ip_forward";
    if (wants_ipv6 && is_off("net/ipv6/conf/all/forwarding"))
        off += (off.empty() ? "" : " ") + std::string{"net.ipv6.conf.all.forwarding"};
    if (off.empty()) return check;
    // A daemon that runs switches it on within a second, so nobody does.
    check.state = facts.node ? NodeState::broken : NodeState::doubtful;
    check.found = off + " is 0";
    check.breaks = "this node passes no packet on, to its pods or from them";
    check.mend = "sysctl -w";
    for (std::size_t at = 0; at <= off.size();) {
        const std::size_t end = std::min(off.find(' ', at), off.size());
        check.mend += ' ' + off.substr(at, end - at) + "=1";
        at = end + 1;
    }
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

/// What the tunnel takes of the underlay's MTU.
std::uint32_t tunnel_headers_bytes(IpFamily outer) {
    const UnderlayMtu any{1500};
    return any.value() -
           tunnel::overlay_mtu(tunnel::BackendKind::kernel, any, outer, false).value().value();
}

NodeCheck mtu(const NodeFacts& facts) {
    NodeCheck check{.name = "mtu", .found = "not known before the daemon has joined"};
    if (!facts.node || !facts.tunnel || !facts.underlay) return check;
    const std::uint32_t underlay = facts.underlay->link.mtu.value();
    const std::uint32_t pods = facts.node->mtu.value();
    const std::uint32_t headers = tunnel_headers_bytes(facts.underlay->address.family());
    check.found = "pods " + std::to_string(pods) + ", " + facts.underlay->link.name.text() + ' ' +
                  std::to_string(underlay);
    if (pods + headers > underlay) {
        check.state = NodeState::broken;
        check.breaks = "large packets do not fit the underlay: the tunnel takes " +
                       std::to_string(headers) + " octets";
        check.mend = "ip link set " + facts.underlay->link.name.text() + " mtu " +
                     std::to_string(pods + headers);
    } else if (facts.tunnel->mtu.value() < pods) {
        check.state = NodeState::broken;
        check.found += ", flat0 " + std::to_string(facts.tunnel->mtu.value());
        check.breaks = "pods send more than the tunnel's device takes";
        check.mend = "ip link set flat0 mtu " + std::to_string(pods);
    }
    return check;
}

}  // namespace

void judge_way(const NodeFacts& facts, NodeReport& report) {
    report.checks.push_back(forward_filter(facts));
    report.checks.push_back(tunnel_port(facts));
    report.checks.push_back(forwarding(facts));
    report.checks.push_back(reverse_path(facts));
    report.checks.push_back(mtu(facts));
}

}  // namespace flatlan::doctor
