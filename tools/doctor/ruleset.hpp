#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flatlan::doctor {

using Words = std::vector<std::string>;

/// A chain of nftables, as far as it decides what becomes of packets.
struct Chain {
    std::string family;  ///< "ip", "ip6", "inet" or "netdev"
    std::string table;
    std::string name;
    std::string type{};  ///< "filter", "nat" or "route"; empty where other chains lead to it
    std::string hook{};  ///< "forward"
    Words devices{};     ///< those that it sees; none: all
    bool policy_drops = false;
    std::vector<Words> rules{};  ///< none is empty
};

/// The chains of a ruleset, as `nft list ruleset` prints it; sets, maps and the like are passed
/// over. The words of a rule are without quotes, commas and what decides nothing: counters, logs
/// and comments. A map of verdicts is one rule for each of its entries; of a map that has a name it
/// is only known that it may accept. Bears any text. Pure.
std::vector<Chain> parse_ruleset(std::string_view ruleset);

}  // namespace flatlan::doctor
