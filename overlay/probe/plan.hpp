#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/probe/lane.hpp"
#include "overlay/probe/member.hpp"

namespace flatlan::probe {

/// A pair that a person asked for; "*" stands for every member.
struct NamedPair {
    std::string from;
    std::string to;
};

/// What a person asked for. The default is everything.
struct PlanRequest {
    std::vector<IpFamily> families{IpFamily::ipv4, IpFamily::ipv6};
    std::vector<Protocol> protocols{kProtocols.begin(), kProtocols.end()};
    bool with_nodes = true;               ///< nodes send and are sent to as well
    std::vector<NamedPair> pairs{};       ///< these pairs alone; empty: all ordered pairs
    std::optional<std::size_t> sample{};  ///< so many of those pairs, drawn by chance
    std::uint64_t seed = 1;               ///< of that chance
};

/// What is tried: each pair on each lane on which both members have an address.
struct Plan {
    /// No pair twice. Neighbours in this order share senders and receivers, in tiles (see
    /// plan.cpp).
    std::vector<Pair> pairs{};
    /// The lanes on which at least one pair can be tried, the slowest protocol first.
    std::vector<Lane> lanes{};
};

/// The plan for a request; the same request and members give the same plan. Errors, all
/// invalid_argument: no member, a name that no member has (the text names the nearest), a sample
/// of 0, no family that a pair has in common.
Result<Plan> make_plan(std::span<const Member> members, const PlanRequest& request);

/// Whether both ends of the pair have an address of the lane's family.
bool can_try(std::span<const Member> members, const Pair& pair, const Lane& lane);

/// How many checks the plan has: pairs that can be tried, over all lanes.
std::size_t count_checks(std::span<const Member> members, const Plan& plan);

/// How many of its pairs are tried on no lane: the two have no family in common, of those asked
/// for.
std::size_t count_untried(std::span<const Member> members, const Plan& plan);

}  // namespace flatlan::probe
