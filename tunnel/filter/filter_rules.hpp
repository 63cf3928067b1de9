#pragma once

#include <compare>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "tunnel/backend.hpp"

/// What a node's packet filter must be, in the language of nft(8): counts by peer, and the check of
/// senders. Pure.
namespace flatlan::tunnel {

/// The table's name, in the family `inet`.
inline constexpr const char* kFilterTable = "flatlan_tunnel";

/// The sets whose elements count datagrams of the tunnel by the endpoint of the peer.
inline constexpr const char* kSentSet = "sent";
inline constexpr const char* kReceivedSet = "received";
/// Datagrams of a peer that were dropped since the inner source is none of its addresses.
inline constexpr const char* kForeignSet = "foreign";

/// An element of a set that the rules look up; `set` must stand in them.
struct FilterElement {
    std::string set;
    std::string key;
    friend auto operator<=>(const FilterElement&, const FilterElement&) = default;
};

/// A table of nftables as text, and what belongs into its sets. Without text there is to be none.
struct FilterRules {
    std::string table;                    ///< what stands between its braces
    std::vector<FilterElement> elements;  ///< sorted
    friend bool operator==(const FilterRules&, const FilterRules&) = default;
};

/// For a tunnel of the kernel's VXLAN. Where senders are checked, a datagram is dropped that comes
/// from no peer's endpoint, or whose inner source lies in none of that peer's blocks.
///
/// A look-up is by the whole block: for each length of blocks that there is, the source is cut to
/// that length first. So a check costs the same however many nodes there are.
/// None where nobody counts and nobody checks.
FilterRules vxlan_filter(const TunnelWanted& wanted);

/// For routes without a tunnel: what comes and goes by the interface counts by the block of the
/// pod's address, in the sets `counted_set`. None where nobody counts.
FilterRules direct_filter(const TunnelWanted& wanted, IfIndex device);

/// "sent4_26": the set in which packets to, or from, blocks of that length count.
std::string counted_set(const char* direction, IpFamily family, unsigned length_bits);
/// The lengths of the peers' blocks of the family, each once, in order.
std::vector<unsigned> block_lengths(const TunnelWanted& wanted, IpFamily family);

}  // namespace flatlan::tunnel
