#include "overlay/probe/cluster/witness.hpp"

#include <algorithm>

namespace flatlan::probe {

std::vector<Pair> pairs_sent_by(const NodeName& node, std::span<const Member> members,
                                const Plan& plan, const Lane& lane,
                                const std::set<NodeName>& ready) {
    const auto is_ready = [&](MemberId member) {
        const auto& at = members[member.value()].node;
        return at && ready.contains(*at);
    };
    std::vector<Pair> pairs;
    for (const Pair& pair : plan.pairs)
        if (members[pair.from.value()].node == node && can_try(members, pair, lane) &&
            is_ready(pair.from) && is_ready(pair.to))
            pairs.push_back(pair);
    return pairs;
}

bool is_between_nodes(std::span<const Member> members, const Pair& pair) {
    return members[pair.from.value()].node != members[pair.to.value()].node;
}

bool Witness::handle_request(const Payload& payload, const Sighting& sighting) {
    const std::uint32_t node = payload.run - run_;
    if (node >= pairs_.size() || payload.check >= pairs_[node].size() ||
        payload.attempt >= RoundLimits::kTries)
        return false;
    const std::uint64_t key = key_of(node, payload.check);
    const Pair& pair = pair_of(key);
    if (sighting.at != pair.to || sighting.source != payload.source ||
        sighting.destination != payload.destination) {
        Evidence& evidence = odd_[key];
        evidence.source = payload.source;
        evidence.destination = payload.destination;
        if (!evidence.sighting) evidence.sighting = sighting;
        return true;
    }
    std::uint8_t& mask = seen_[key];
    const auto bit = static_cast<std::uint8_t>(1U << payload.attempt);
    if ((mask & bit) != 0) odd_[key].twice = sighting.at;
    mask |= bit;
    const auto hops = hops_ != nullptr ? hops_->hops(pair) : std::nullopt;
    if (hops && sighting.ttl && *sighting.ttl != kProbeTtl - *hops && !odd_[key].hops)
        odd_[key].hops =
            HopsSeen{sighting.at, *sighting.ttl, static_cast<std::uint8_t>(kProbeTtl - *hops)};
    return true;
}

std::vector<Pair> Witness::seen() const {
    std::vector<Pair> pairs;
    for (const auto& [key, mask] : seen_)
        pairs.push_back(pair_of(key));
    std::ranges::sort(pairs);
    return pairs;
}

std::vector<CheckNote> Witness::oddities() const {
    std::vector<CheckNote> notes;
    for (const auto& [key, evidence] : odd_)
        notes.push_back({pair_of(key), lane_, evidence});
    std::ranges::sort(notes, {}, &CheckNote::pair);
    return notes;
}

}  // namespace flatlan::probe
