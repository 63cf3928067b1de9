// How long it takes to group failures into causes: by hand, prints medians of 5 runs.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "overlay/probe/causes.hpp"
#include "tests/unit/overlay/probe/members.hpp"

namespace flatlan::probe {
namespace {

using Clock = std::chrono::steady_clock;

/// All pairs to and from the first `cut` nodes fail on every lane.
void measure(std::uint32_t nodes, std::uint32_t pods_per_node, std::uint32_t cut) {
    const auto members = cluster_of(nodes, pods_per_node);
    const Plan plan = make_plan(members, {}).value();
    std::vector<NodeName> dead;
    for (std::uint32_t node = 0; node < cut; ++node)
        dead.push_back(*members[node].node);
    const auto is_dead = [&](MemberId member) {
        return std::ranges::find(dead, *members[member.value()].node) != dead.end();
    };
    std::vector<Failure> failures;
    for (const Pair& pair : plan.pairs)
        if (is_dead(pair.from) != is_dead(pair.to))
            for (const Lane& lane : plan.lanes)
                failures.push_back({pair, lane, {Property::arrives, Verdict::unknown}, {}});
    std::ranges::sort(failures, {}, &Failure::pair);

    std::vector<double> times_ms;
    std::size_t causes = 0;
    for (int run = 0; run < 5; ++run) {
        const auto begin = Clock::now();
        causes = find_causes(members, plan, failures).size();
        times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::ranges::sort(times_ms);
    std::printf("%zu members, %zu pairs, %zu failures: %zu causes in %.0f ms\n", members.size(),
                plan.pairs.size(), failures.size(), causes, times_ms[2]);
}

void measure_all() {
    measure(10, 10, 1);
    measure(10, 100, 1);
    measure(1000, 1, 1);
    measure(1000, 1, 7);
}

}  // namespace
}  // namespace flatlan::probe

int main() {
    flatlan::probe::measure_all();
    return 0;
}
