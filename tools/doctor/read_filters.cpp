#include <algorithm>
#include <fstream>

#include "overlay/linux/nftables/nftables.hpp"
#include "tools/doctor/collect_facts.hpp"
#include "tools/doctor/filter_rules.hpp"

namespace flatlan::doctor {
namespace {

std::vector<IpPrefix> of_family(const std::vector<IpPrefix>& prefixes, IpFamily family) {
    std::vector<IpPrefix> chosen;
    for (const IpPrefix& prefix : prefixes)
        if (prefix.family() == family) chosen.push_back(prefix);
    return chosen;
}

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

void judge_text(const std::string& ruleset, NodeFacts& facts) {
    facts.filters.docker = ruleset.find("chain DOCKER-USER") != std::string::npos;
    if (facts.node)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            const auto prefixes = of_family(facts.node->cluster_prefixes, family);
            if (prefixes.empty()) continue;
            add(facts.filters.forward,
                closed_chains(ruleset, "forward",
                              {.family = family, .interface = "flat0", .prefixes = prefixes}));
        }
    if (!facts.underlay) return;
    Packets datagrams{.family = facts.underlay->address.family(),
                      .interface = facts.underlay->link.name.text(),
                      .port = facts.tunnel->vxlan->port};
    for (const PeerFacts& peer : facts.peers)
        datagrams.prefixes.push_back(IpPrefix::host(peer.endpoint));
    add(facts.filters.input, closed_chains(ruleset, "input", datagrams));
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
