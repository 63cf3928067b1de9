#include <algorithm>

#include "tools/doctor/judge_node.hpp"

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
        if (chain.family == (ipv4 ? "ip6" : "ip")) continue;
        if (!mend.empty()) mend += " && ";
        const std::string cidr = to_string(prefix);
        if (chain.table == "firewalld")
            mend += "firewall-cmd --permanent --zone=trusted --add-source=" + cidr;
        else if (chain.family == (ipv4 ? "ip" : "ip6") && chain.table == "filter")
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

/// Where tables could not be seen, nothing that was not found is said to be well.
void doubt_unseen(const FilterFacts& filters, const std::string& chain, NodeCheck& check) {
    if (filters.unreadable.empty() && !filters.legacy) return;
    check.state = NodeState::doubtful;
    check.found = filters.unreadable.empty() ? "iptables-legacy has tables, which are not seen here"
                                             : filters.unreadable;
    check.breaks = "a filter that drops packets would not be found";
    check.mend = "iptables-legacy -S " + chain;
}

NodeCheck forward_filter(const NodeFacts& facts) {
    NodeCheck check{.name = "forward filter", .found = "nothing drops packets from pod to pod"};
    if (!facts.node) {
        check.found = "not looked at: the pods' prefixes are not known";
    } else if (!facts.filters.forward.empty()) {
        const std::vector<ClosedChain> chains = worst_first(facts.filters.forward);
        check.state = state_of(chains);
        check.found = text_of(chains) + ", and no rule before it accepts " +
                      to_string(facts.node->cluster_prefixes.front()) +
                      (facts.is_of(tunnel::BackendKind::direct) ? "" : " or flat0");
        check.breaks =
            check.state == NodeState::broken
                ? "packets between pods are dropped where this node forwards them"
                : "some packets between pods may be dropped where this node forwards them";
        check.mend = mend_forward(facts, chains.front());
    } else {
        doubt_unseen(facts.filters, "FORWARD", check);
    }
    return check;
}

std::string mend_port(const ClosedChain& chain, const std::string& port) {
    if (chain.table == "firewalld")
        return "firewall-cmd --permanent --add-port=" + port + "/udp && firewall-cmd --reload";
    if ((chain.family == "ip" || chain.family == "ip6") && chain.table == "filter")
        return (chain.family == "ip" ? "iptables -I " : "ip6tables -I ") + chain.chain +
               " -p udp --dport " + port + " -j ACCEPT";
    return "nft insert rule " + chain.family + ' ' + chain.table + ' ' + chain.chain +
           " udp dport " + port + " accept";
}

NodeCheck tunnel_port(const NodeFacts& facts) {
    NodeCheck check{.name = "tunnel port", .found = "nothing drops the tunnel's datagrams"};
    if (!facts.underlay) {
        check.found = "not looked at: the underlay is not known";
        return check;
    }
    if (!facts.underlay->port) {
        check.found = "not needed: packets from pod to pod cross the underlay as they are";
        return check;
    }
    const bool arriving = !facts.filters.input.empty();
    const std::vector<ClosedChain> chains =
        worst_first(arriving ? facts.filters.input : facts.filters.output);
    if (chains.empty()) {
        doubt_unseen(facts.filters, "INPUT", check);
        return check;
    }
    const std::string port = std::to_string(facts.underlay->port->value());
    const std::string what = arriving ? "what other nodes send to pods of this one"
                                      : "what this node sends to pods of others";
    check.state = state_of(chains);
    check.found = text_of(chains) + ", and no rule before it accepts UDP port " + port;
    check.breaks = check.state == NodeState::broken ? what + " is dropped, or a part of it"
                                                    : "some of " + what + " may be dropped";
    check.mend = mend_port(chains.front(), port);
    return check;
}

NodeCheck address_translation(const NodeFacts& facts) {
    NodeCheck check{.name = "address translation", .found = "leaves packets from pod to pod alone"};
    if (!facts.node) {
        check.found = "not looked at: the pods' prefixes are not known";
        return check;
    }
    if (facts.filters.translating.empty()) {
        doubt_unseen(facts.filters, "-t nat", check);
        return check;
    }
    const ClosedChain& chain = facts.filters.translating.front();
    check.state = NodeState::doubtful;
    check.found = text_of(facts.filters.translating);
    check.breaks = "pods see other addresses than those of the pods that send";
    check.mend = mend_forward(facts, chain);
    return check;
}

}  // namespace

void judge_filters(const NodeFacts& facts, NodeReport& report) {
    report.checks.push_back(forward_filter(facts));
    report.checks.push_back(tunnel_port(facts));
    report.checks.push_back(address_translation(facts));
}

}  // namespace flatlan::doctor
