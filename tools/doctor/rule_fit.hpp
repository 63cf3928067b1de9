#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/network_values.hpp"

namespace flatlan::doctor {

/// The packets in question: pods' own, which may be of any protocol, or the tunnel's datagrams.
struct Packets {
    IpFamily family = IpFamily::ipv4;
    std::string interface {};          ///< by which they come or go: "flat0"
    std::vector<IpPrefix> prefixes{};  ///< where they come from or go to; none: not known
    std::optional<Port> port{};        ///< of UDP, where they have but one
};

/// How many of the packets meet conditions, the fewest first.
enum class Share : std::uint8_t {
    none,
    rarely,   ///< what else is asked for is not about them (a state of connections, a mark)
    perhaps,  ///< it is about them, but cannot be calculated (a set with a name)
    some,     ///< part of the conditions is about them and met
    all,
};

/// What a rule makes of packets.
struct RuleFit {
    Share share = Share::all;
    std::span<const std::string> verdict;  ///< "jump", "a"; empty where the rule has none
};

/// Reads a rule of nftables, in the words of parse_ruleset, which must outlive the answer. It
/// calculates with addresses, interfaces, protocols and ports. Pure.
RuleFit fit_of(const std::vector<std::string>& rule, const Packets& packets);

}  // namespace flatlan::doctor
