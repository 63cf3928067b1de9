#include "overlay/probe/plan.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "overlay/base/prng.hpp"
#include "overlay/probe/find_member.hpp"

namespace flatlan::probe {
namespace {

/// Pairs follow each other in tiles of so many senders by so many receivers: one call sends to all
/// receivers of a tile's row, and a receiver that wakes finds a column of requests. 16 by 16 is the
/// number of probes that are under way at once (RoundLimits::in_flight_max).
constexpr std::uint32_t kTileMembers = 16;

std::uint64_t tile_of(const Pair& pair, std::uint64_t tiles_in_row) {
    return pair.from.value() / kTileMembers * tiles_in_row + pair.to.value() / kTileMembers;
}

void order_in_tiles(std::vector<Pair>& pairs, std::size_t members) {
    const std::uint64_t tiles_in_row = members / kTileMembers + 1;
    std::sort(pairs.begin(), pairs.end(), [&](const Pair& left, const Pair& right) {
        const auto left_tile = tile_of(left, tiles_in_row);
        const auto right_tile = tile_of(right, tiles_in_row);
        return left_tile != right_tile ? left_tile < right_tile : left < right;
    });
}

/// All members for "*", else the one of that name or address.
Result<std::vector<MemberId>> members_named(std::span<const Member> members,
                                            std::span<const MemberId> taking_part,
                                            const std::string& name) {
    if (name == "*") return std::vector<MemberId>{taking_part.begin(), taking_part.end()};
    FLATLAN_TRY(member, find_member(members, name));
    return std::vector<MemberId>{member};
}

Result<std::vector<Pair>> pairs_named(std::span<const Member> members,
                                      std::span<const MemberId> taking_part,
                                      std::span<const NamedPair> wanted) {
    std::set<Pair> pairs;
    for (const NamedPair& names : wanted) {
        FLATLAN_TRY(senders, members_named(members, taking_part, names.from));
        FLATLAN_TRY(receivers, members_named(members, taking_part, names.to));
        for (const MemberId from : senders)
            for (const MemberId to : receivers)
                pairs.insert(Pair{from, to});
    }
    return std::vector<Pair>{pairs.begin(), pairs.end()};
}

/// `count` of the numbers below `bound`, each set of them as likely as another (Floyd's algorithm;
/// Bentley, "Programming Pearls: a sample of brilliance", 1987). `count` is at most `bound`.
std::vector<std::uint64_t> draw(std::uint64_t count, std::uint64_t bound, Prng& prng) {
    std::unordered_set<std::uint64_t> drawn;
    for (std::uint64_t last = bound - count; last < bound; ++last)
        if (!drawn.insert(prng.below(last + 1)).second) drawn.insert(last);
    return {drawn.begin(), drawn.end()};
}

std::vector<Pair> all_pairs(std::span<const MemberId> taking_part, const PlanRequest& request) {
    const std::uint64_t members = taking_part.size();
    const auto pair_at = [&](std::uint64_t index) {
        return Pair{taking_part[index / members], taking_part[index % members]};
    };
    std::vector<Pair> pairs;
    if (request.sample && *request.sample < members * members) {
        Prng prng{request.seed};
        for (const std::uint64_t index : draw(*request.sample, members * members, prng))
            pairs.push_back(pair_at(index));
        return pairs;
    }
    pairs.reserve(members * members);
    for (std::uint64_t index = 0; index < members * members; ++index)
        pairs.push_back(pair_at(index));
    return pairs;
}

std::vector<Pair> sample_of(std::vector<Pair> pairs, const PlanRequest& request) {
    if (!request.sample || *request.sample >= pairs.size()) return pairs;
    Prng prng{request.seed};
    std::vector<Pair> sample;
    for (const std::uint64_t index : draw(*request.sample, pairs.size(), prng))
        sample.push_back(pairs[index]);
    return sample;
}

std::vector<Lane> lanes_of(std::span<const Member> members, std::span<const Pair> pairs,
                           const PlanRequest& request) {
    std::vector<Lane> lanes;
    for (const Protocol protocol : {Protocol::tcp, Protocol::udp, Protocol::icmp}) {
        if (std::ranges::find(request.protocols, protocol) == request.protocols.end()) continue;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            if (std::ranges::find(request.families, family) == request.families.end()) continue;
            const Lane lane{family, protocol};
            if (std::ranges::any_of(pairs,
                                    [&](const Pair& pair) { return can_try(members, pair, lane); }))
                lanes.push_back(lane);
        }
    }
    return lanes;
}

}  // namespace

Result<Plan> make_plan(std::span<const Member> members, const PlanRequest& request) {
    std::vector<MemberId> taking_part;
    for (std::uint32_t i = 0; i < members.size(); ++i)
        if (request.with_nodes || members[i].kind == MemberKind::pod)
            taking_part.push_back(MemberId{i});
    if (taking_part.empty())
        return Error{ErrorCode::invalid_argument, "there is nothing to test"}.expecting(
            "at least one pod");
    if (request.sample == 0)
        return Error{ErrorCode::invalid_argument, "a sample of 0 pairs tests nothing"}.expecting(
            "at least 1");

    Plan plan;
    if (request.pairs.empty()) {
        plan.pairs = all_pairs(taking_part, request);
    } else {
        FLATLAN_TRY(named, pairs_named(members, taking_part, request.pairs));
        plan.pairs = sample_of(std::move(named), request);
    }
    order_in_tiles(plan.pairs, members.size());
    plan.lanes = lanes_of(members, plan.pairs, request);
    if (plan.lanes.empty())
        return Error{ErrorCode::invalid_argument,
                     "no pair has addresses of the same family, of those asked for"};
    return plan;
}

bool can_try(std::span<const Member> members, const Pair& pair, const Lane& lane) {
    return members[pair.from.value()].addresses.find(lane.family) &&
           members[pair.to.value()].addresses.find(lane.family);
}

std::size_t count_checks(std::span<const Member> members, const Plan& plan) {
    std::size_t checks = 0;
    for (const Lane& lane : plan.lanes)
        checks += static_cast<std::size_t>(std::ranges::count_if(
            plan.pairs, [&](const Pair& pair) { return can_try(members, pair, lane); }));
    return checks;
}

std::size_t count_untried(std::span<const Member> members, const Plan& plan) {
    return static_cast<std::size_t>(std::ranges::count_if(plan.pairs, [&](const Pair& pair) {
        return std::ranges::none_of(plan.lanes,
                                    [&](const Lane& lane) { return can_try(members, pair, lane); });
    }));
}

}  // namespace flatlan::probe
