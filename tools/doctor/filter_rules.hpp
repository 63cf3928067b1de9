#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "tools/doctor/node_facts.hpp"

namespace flatlan::doctor {

/// By which words of a rule it is known that it speaks of the packets in question.
struct PacketWords {
    IpFamily family = IpFamily::ipv4;
    std::vector<std::string> words{};  ///< an interface or port: "flat0", "4789"
    std::vector<IpPrefix> prefixes{};  ///< where the packets come from or go to
};

/// The chains of a ruleset (as `nft list ruleset` prints it) at `hook` ("forward", "input") that
/// let those packets not through: a policy or an unconditional rule drops them, and no rule before
/// it, or in a chain to which it leads, accepts them. It reads words and does not calculate:
/// conditions that it does not know count as not met. Pure.
std::vector<ClosedChain> closed_chains(std::string_view ruleset, std::string_view hook,
                                       const PacketWords& packets);

}  // namespace flatlan::doctor
