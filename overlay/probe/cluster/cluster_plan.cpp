#include "overlay/probe/cluster/cluster_plan.hpp"

#include <algorithm>

namespace flatlan::probe {
namespace {

/// How many pairs a request can come to at most. Those that are named are all gathered before any
/// are drawn of them.
std::size_t count_pairs(std::span<const Member> all, const PlanRequest& request) {
    const auto members = static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& one) { return request.with_nodes || one.kind == MemberKind::pod; }));
    if (request.pairs.empty())
        return std::min(request.sample.value_or(members * members), members * members);
    std::size_t pairs = 0;
    for (const NamedPair& names : request.pairs)
        pairs += (names.from == "*" ? members : 1) * (names.to == "*" ? members : 1);
    return pairs;
}

Error too_many(std::size_t count, std::string_view of_what, std::string_view mend) {
    return Error{ErrorCode::invalid_argument,
                 std::to_string(count) + " " + std::string{of_what} + " are too many"}
        .expecting("at most " + std::to_string(kClusterChecksMax) +
                   " across machines: " + std::string{mend});
}

}  // namespace

Result<Plan> make_cluster_plan(std::span<const Member> members, const PlanRequest& request) {
    const std::size_t pairs = count_pairs(members, request);
    if (pairs > kClusterChecksMax)
        return request.pairs.empty()
                   ? too_many(pairs, "pairs", "--sample or --from makes it fewer")
                   : too_many(pairs, "named pairs", "fewer by name, whatever the --sample of them");
    FLATLAN_TRY(plan, make_plan(members, request));
    const std::size_t checks = count_checks(members, plan);
    if (checks > kClusterChecksMax)
        return too_many(checks, "checks", "--sample, --from or --protocol makes it fewer");
    return std::move(plan);
}

}  // namespace flatlan::probe
