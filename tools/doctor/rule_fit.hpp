#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/network_values.hpp"

namespace flatlan::doctor {

/// The packets in question: pods' own, which may be of any protocol, or the tunnel's datagrams.
struct Packets {
    IpFamily family = IpFamily::ipv4;
    std::string interface {};          ///< by which they come or go: "flat0"
    std::vector<IpPrefix> prefixes{};  ///< where they come from or go to
    std::optional<Port> port{};        ///< of UDP, where they have but one
};

/// Whether the conditions of a rule are met by packets.
struct RuleFit {
    enum class By : std::uint8_t { none, some, all } by = By::all;
    bool names_them = false;  ///< a condition is about their addresses, interface or port
};

/// Reads the conditions of a rule of nftables, in the words of `nft list ruleset` without
/// punctuation but braces, up to its verdict. It calculates with addresses, interfaces, protocols
/// and ports; any other condition may or may not be met (By::some). Pure.
RuleFit fit_of(const std::vector<std::string>& rule, const Packets& packets);

}  // namespace flatlan::doctor
