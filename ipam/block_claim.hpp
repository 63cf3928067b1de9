#pragma once

#include <compare>
#include <cstdint>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/names.hpp"

namespace flatlan::ipam {

/// Tells a node from an earlier one of the same name: drawn once, when the node's store is made. A
/// node that lost its disk is another one and does not own what the earlier one claimed.
struct Incarnation {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(Incarnation, Incarnation) = default;
};

/// Who claims.
struct NodeIdentity {
    NodeName name;
    Incarnation incarnation;
    friend auto operator<=>(const NodeIdentity&, const NodeIdentity&) = default;
};

/// A claim is made in two phases. Pending: the block is the node's and nobody else may take it, but
/// the node may not know it yet. Confirmed: the node has written it down on its own disk. A node
/// gives addresses out of confirmed blocks alone.
enum class ClaimState : std::uint8_t { pending, confirmed };

/// That a block is a node's.
struct BlockClaim {
    IpPrefix block;
    NodeIdentity owner;
    ClaimState state = ClaimState::pending;
    friend bool operator==(const BlockClaim&, const BlockClaim&) = default;
};

}  // namespace flatlan::ipam
