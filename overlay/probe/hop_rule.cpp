#include "overlay/probe/hop_rule.hpp"

namespace flatlan::probe {

HopRule::HopRule(std::span<const Member> members, std::uint8_t between_nodes)
    : nodes_{members}, between_nodes_{between_nodes} {
    for (const Member& member : members)
        is_pod_.push_back(member.kind == MemberKind::pod);
}

std::optional<std::uint8_t> HopRule::hops(const Pair& pair) const {
    if (pair.from == pair.to) return std::uint8_t{0};
    const auto from = nodes_.node_of(pair.from);
    const auto to = nodes_.node_of(pair.to);
    if (!from || !to) return std::nullopt;
    const int pods = int{is_pod_[pair.from.value()]} + int{is_pod_[pair.to.value()]};
    // The node between two of its pods forwards once; what it sends itself, or takes, it does not.
    if (*from == *to) return static_cast<std::uint8_t>(pods == 2 ? 1 : 0);
    return static_cast<std::uint8_t>(pods + between_nodes_);
}

}  // namespace flatlan::probe
