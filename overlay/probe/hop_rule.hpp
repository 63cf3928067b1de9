#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "overlay/probe/scope.hpp"

namespace flatlan::probe {

/// How often a packet between two members is forwarded where every node routes for its pods: each
/// time its time to live goes down by one.
class HopRule {
public:
    /// `between_nodes` says how many routers stand between two nodes and handle the packet itself:
    /// none where a tunnel or a shared link joins them.
    HopRule(std::span<const Member> members, std::uint8_t between_nodes);

    /// Empty when nobody knows where one of the two is.
    std::optional<std::uint8_t> hops(const Pair& pair) const;

private:
    NodeMap nodes_;
    std::vector<bool> is_pod_;
    std::uint8_t between_nodes_;
};

}  // namespace flatlan::probe
