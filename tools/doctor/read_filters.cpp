#include <algorithm>
#include <fstream>

#include "overlay/linux/nftables/nftables.hpp"
#include "tools/doctor/collect_facts.hpp"
#include "tools/doctor/filter_rules.hpp"

namespace flatlan::doctor {
namespace {

void add(std::vector<ClosedChain>& to, std::vector<ClosedChain> more) {
    for (ClosedChain& chain : more)
        if (std::find(to.begin(), to.end(), chain) == to.end()) to.push_back(std::move(chain));
}

/// The older iptables lists its tables there, one a line, once somebody has made one.
bool has_legacy_tables() {
    for (const char* path : {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"}) {
        std::ifstream file{path};
        std::string name;
        if (std::getline(file, name) && !name.empty()) return true;
    }
    return false;
}

/// On its way a packet meets the chains of several hooks (nft(8), ADDRESS FAMILIES).
void add_closed(const std::vector<Chain>& chains, std::initializer_list<const char*> hooks,
                const Packets& packets, std::vector<ClosedChain>& to) {
    for (const char* const hook : hooks)
        add(to, closed_chains(chains, hook, packets));
}

void judge_datagrams(const std::vector<Chain>& chains, NodeFacts& facts) {
    Packets datagrams{.family = facts.underlay->address.family(),
                      .interface = facts.underlay->link.name.text(),
                      .port = facts.underlay->port};
    const auto judge = [&] {
        add_closed(chains, {"ingress", "prerouting", "input"}, datagrams, facts.filters.input);
        add_closed(chains, {"output", "postrouting", "egress"}, datagrams, facts.filters.output);
    };
    for (const PeerFacts& peer : facts.peers) {  // one is not let in because another is
        datagrams.prefixes = {IpPrefix::host(peer.endpoint)};
        judge();
    }
    if (facts.peers.empty()) judge();
}

void judge_text(const std::string& ruleset, NodeFacts& facts) {
    facts.filters.docker = ruleset.find("chain DOCKER-USER") != std::string::npos;
    const std::vector<Chain> chains = parse_ruleset(ruleset);
    // Without a tunnel pods' packets come by the underlay as they are.
    const bool direct = facts.underlay && facts.is_of(tunnel::BackendKind::direct);
    const std::string interface = direct ? facts.underlay->link.name.text() : "flat0";
    if (facts.node)
        for (const IpPrefix& prefix : facts.node->cluster_prefixes) {
            const Packets pods{
                .family = prefix.family(), .interface = interface, .prefixes = {prefix}};
            add_closed(chains, {"ingress", "prerouting", "forward", "postrouting", "egress"}, pods,
                       facts.filters.forward);
            add(facts.filters.translating, translating_chains(chains, pods));
        }
    if (facts.underlay && facts.underlay->port) judge_datagrams(chains, facts);
}

}  // namespace

void read_filters(NodeFacts& facts) {
    facts.filters.legacy = has_legacy_tables();
    const auto read = [&]() -> Result<std::string> {
        FLATLAN_TRY(network, Namespace::current_network());
        FLATLAN_TRY(nftables, Nftables::open(network));
        return nftables.run("list ruleset");
    };
    if (auto ruleset = read(); ruleset)
        judge_text(ruleset.value(), facts);
    else
        facts.filters.unreadable = ruleset.error().to_string();
}

}  // namespace flatlan::doctor
