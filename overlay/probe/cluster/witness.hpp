#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "overlay/probe/cluster/check_note.hpp"
#include "overlay/probe/plan.hpp"
#include "overlay/probe/round.hpp"

namespace flatlan::probe {

/// The pairs of a plan that can be tried on the lane and whose senders are on the node, in the
/// plan's order: a node's round has these, and its check numbers are their places. Pairs with a
/// member on a node that is not in `ready` are left out.
std::vector<Pair> pairs_sent_by(const NodeName& node, std::span<const Member> members,
                                const Plan& plan, const Lane& lane,
                                const std::set<NodeName>& ready);

/// Whether the two are on different nodes, so that each end's machine has its own view.
bool is_between_nodes(std::span<const Member> members, const Pair& pair);

/// Notes, on the receivers' machine, which requests of other machines arrived on one lane, and how.
class Witness final : public GuestRequests {
public:
    /// `pairs` are those of each node's round; node i's payloads have the run `run` + i.
    Witness(const Lane& lane, std::uint32_t run, std::vector<std::vector<Pair>> pairs,
            const HopRule* hops)
        : lane_{lane}, run_{run}, pairs_{std::move(pairs)}, hops_{hops} {}

    bool handle_request(const Payload& payload, const Sighting& sighting) override;

    /// Pairs of which a request was seen as it was sent.
    std::vector<Pair> seen() const;
    /// What was seen otherwise than it should be.
    std::vector<CheckNote> oddities() const;

private:
    std::uint64_t key_of(std::size_t node, std::uint32_t check) const {
        return std::uint64_t{node} << 32U | check;
    }
    const Pair& pair_of(std::uint64_t key) const {
        return pairs_[key >> 32U][static_cast<std::uint32_t>(key)];
    }

    Lane lane_;
    std::uint32_t run_;
    std::vector<std::vector<Pair>> pairs_;
    const HopRule* hops_;
    std::unordered_map<std::uint64_t, std::uint8_t> seen_;  ///< a bit for each attempt
    std::unordered_map<std::uint64_t, Evidence> odd_;
};

}  // namespace flatlan::probe
