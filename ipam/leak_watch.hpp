#pragma once

#include <map>
#include <span>
#include <vector>

#include "ipam/lease.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::ipam {

/// Decides when a lease that nobody uses is a leak and not a pod on its way: when two looks at the
/// namespaces, at least `gap` apart, found nobody, and none in between found somebody. Who acts on
/// it looks a last time (`release_if_same` sees to it that the lease has not changed).
class LeakWatch {
public:
    /// A pod has its address a few milliseconds after its lease; this is long for a slow machine.
    static constexpr Duration kGap = std::chrono::seconds{2};

    explicit LeakWatch(Duration gap = kGap) : gap_{gap} {}

    /// Takes all that a look at `now` found unused, and returns what is a leak.
    std::vector<Lease> observe(Instant now, std::span<const Lease> unused);

private:
    Duration gap_;
    std::map<Lease, Instant> first_seen_;  ///< unused in every look since
};

}  // namespace flatlan::ipam
