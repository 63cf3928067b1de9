#include "overlay/lab/upkeep.hpp"

#include "overlay/lab/log_warning.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<Upkeep>> Upkeep::start(KeptCluster cluster) {
    std::unique_ptr<Upkeep> made{new Upkeep{cluster}};
    Upkeep& self = *made;
    FLATLAN_TRY(keeper,
                node::TunnelKeeper::start(
                    [&self](const NodeName& name) { return self.repair(name); }, log_warning));
    self.keeper_ = std::move(keeper);
    FLATLAN_TRY(watch, node::PathWatch::start(
                           {.promised = cluster.directory.settings().underlay_mtu,
                            .ends = [&self] { return self.path_ends(); },
                            .report =
                                [&self](const NodeName& name, std::vector<tunnel::PathMtu> paths) {
                                    return self.narrow(name, std::move(paths));
                                },
                            .warn = log_warning}));
    self.path_watch_ = std::move(watch);
    return made;
}

Result<void> Upkeep::watch_all() {
    for (const auto& [name, node] : cluster_.nodes)
        if (!node->is_stopped()) {
            FLATLAN_TRY(changes, node->watch());
            FLATLAN_TRY_VOID(keeper_->watch(name, changes));
        }
    return success();
}

Result<void> Upkeep::repair(const NodeName& name) {
    const std::lock_guard working{cluster_.work};
    const auto at = cluster_.nodes.find(name);
    if (at == cluster_.nodes.end()) return success();
    return at->second->repair(cluster_.directory);
}

Result<std::vector<node::PathEnd>> Upkeep::path_ends() {
    const std::lock_guard working{cluster_.work};
    std::vector<node::PathEnd> ends;
    ends.reserve(cluster_.nodes.size());
    for (const auto& [name, node] : cluster_.nodes) {
        if (node->is_stopped()) continue;
        FLATLAN_TRY(end, node->path_end());
        ends.push_back(std::move(end));
    }
    return ends;
}

Result<void> Upkeep::narrow(const NodeName& name, std::vector<tunnel::PathMtu> paths) {
    const std::lock_guard working{cluster_.work};
    const auto at = cluster_.nodes.find(name);
    if (at == cluster_.nodes.end()) return success();
    return at->second->set_narrow_paths(std::move(paths), cluster_.directory);
}

}  // namespace flatlan::lab
