#include "overlay/probe/cluster/cluster_plan.hpp"

#include <algorithm>

namespace flatlan::probe {
namespace {

/// How many pairs a request can come to at most.
std::size_t count_pairs(std::size_t members, const PlanRequest& request) {
    if (request.pairs.empty())
        return std::min(request.sample.value_or(members * members), members * members);
    std::size_t pairs = 0;
    for (const NamedPair& names : request.pairs)
        pairs += (names.from == "*" ? members : 1) * (names.to == "*" ? members : 1);
    return pairs;
}

Error too_many(std::size_t count, std::string_view of_what) {
    return Error{ErrorCode::invalid_argument,
                 std::to_string(count) + " " + std::string{of_what} + " are too many"}
        .expecting("at most " + std::to_string(kClusterChecksMax) +
                   " across machines: --sample, --from or --protocol make it fewer");
}

}  // namespace

Result<Plan> make_cluster_plan(std::span<const Member> members, const PlanRequest& request) {
    const std::size_t pairs = count_pairs(members.size(), request);
    if (pairs > kClusterChecksMax) return too_many(pairs, "pairs");
    FLATLAN_TRY(plan, make_plan(members, request));
    const std::size_t checks = count_checks(members, plan);
    if (checks > kClusterChecksMax) return too_many(checks, "checks");
    return std::move(plan);
}

}  // namespace flatlan::probe
