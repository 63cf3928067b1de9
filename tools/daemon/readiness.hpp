#pragma once

#include <optional>
#include <string>

#include "ipam/node_pool.hpp"
#include "overlay/control/records.hpp"
#include "overlay/node/reconciler.hpp"

namespace flatlan::daemon {

/// Whether pods can be added to a node, and be reached there.
struct Readiness {
    bool ready = false;
    std::string reason{};  ///< why not, or what is wrong all the same
};

/// By what that is judged.
struct ReadinessFacts {
    const node::NodeState& state;
    const std::optional<ipam::PoolView>& leases;  ///< empty: they cannot be read
    const control::ClusterRecord& common;
    bool published = false;      ///< as NodeService::set_published
    bool underlay_lost = false;  ///< as NodeService::set_underlay_lost
    std::string trouble{};       ///< the daemon's own; it comes before all that is found here
    Instant now{};               ///< of CLOCK_BOOTTIME
};

Readiness judge(const ReadinessFacts& facts);

}  // namespace flatlan::daemon
