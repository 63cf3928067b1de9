#include "overlay/node/reconciler.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "overlay/pod/sandbox/pod_routes.hpp"

// How a reconciler makes what the kernel carries packets by, and puts it right.
namespace flatlan::node {

/// With the mutex held. Says how many things it changed.
Result<std::uint64_t> Reconciler::apply() {
    auto changes = try_apply();
    if (changes) return changes;
    // These two are the registry's word of other nodes.
    const ErrorCode code = changes.error().code();
    if (code == ErrorCode::conflict || code == ErrorCode::already_exists)
        return std::move(changes).error().as(ErrorCode::system);
    return changes;
}

Result<std::uint64_t> Reconciler::try_apply() {
    applied_ = false;
    FLATLAN_TRY(prepared,
                pod::prepare_node(parts_.network,
                                  {.overlay = self_->overlay,
                                   .cluster_prefixes = options_.common.tunnel.cluster_prefixes,
                                   .blocks = self_->blocks}));
    // What had to be made may have taken pods' routes with it, when it was lost.
    if (prepared > 0) has_pod_routes_ = false;
    if (!has_pod_routes_) {
        FLATLAN_TRY(routes, ensure_pod_routes());
        prepared += routes;
        has_pod_routes_ = true;
    }
    FLATLAN_TRY(change, parts_.backend.apply(wanted()));
    applied_ = true;
    if (options_.on_tunnel) options_.on_tunnel();
    return prepared + change.added + change.replaced + change.removed;
}

Result<std::size_t> Reconciler::ensure_pod_routes() {
    FLATLAN_TRY(view, parts_.leases.view());
    std::map<std::string, IpAddresses> addresses;
    for (const ipam::Lease& lease : view.leases)
        addresses.emplace(lease.key.text(), lease.addresses);
    return pod::ensure_pod_routes(parts_.network, self_->overlay, addresses);
}

/// With the mutex held.
tunnel::TunnelWanted Reconciler::wanted() const {
    tunnel::TunnelWanted wanted = directory_.directory().wanted_for(self_->name);
    wanted.narrow_paths = state_.narrow_paths;
    return wanted;
}

Result<void> Reconciler::repair() {
    const std::lock_guard working{mutex_};
    if (!self_) {
        FLATLAN_TRY_VOID(parts_.backend.is_untouched());  // reads what was told
        return success();
    }
    FLATLAN_TRY(untouched, parts_.backend.is_untouched());
    if (untouched && applied_) return success();
    FLATLAN_TRY(changes, apply());
    state_.repairs += changes;
    return success();
}

Result<std::optional<tunnel::OffloadVerdict>> Reconciler::try_offloads(int stop) {
    std::optional<tunnel::OffloadVerdict> found;
    std::unique_ptr<tunnel::OffloadTrial> trial;
    {
        const std::lock_guard working{mutex_};
        if (!self_ || !applied_) return found;
        FLATLAN_TRY(next, parts_.backend.next_trial(wanted()));
        trial = std::move(next);
    }
    if (!trial) return found;
    FLATLAN_TRY(verdict, trial->run(stop));
    const std::lock_guard working{mutex_};
    FLATLAN_TRY_VOID(parts_.backend.end_trial(*trial, verdict));
    found = std::move(verdict);
    return found;
}

Result<void> Reconciler::set_narrow_paths(std::vector<tunnel::PathMtu> paths) {
    const std::lock_guard working{mutex_};
    state_.narrow_paths = std::move(paths);
    if (!self_) return success();
    FLATLAN_TRY_VOID(apply());
    return success();
}

}  // namespace flatlan::node
