#include <set>

#include "overlay/lab/world_state.hpp"
#include "overlay/linux/parallel.hpp"

namespace flatlan::lab {

Result<std::vector<ipam::NodeSurvey>> World::State::survey_nodes() const {
    const std::shared_lock reading{mutex};
    std::vector<LabNode*> all;
    std::vector<std::optional<ipam::NodeSurvey>> surveys(nodes.size());
    for (const auto& [name, node] : nodes)
        all.push_back(node.get());
    FLATLAN_TRY_VOID(for_each_in_parallel(all.size(), [&](std::size_t i) -> Result<void> {
        FLATLAN_TRY(survey, all[i]->survey(now()));
        surveys[i].emplace(std::move(survey));
        return success();
    }));
    std::vector<ipam::NodeSurvey> done;
    for (auto& survey : surveys)
        done.push_back(std::move(*survey));
    return done;
}

Result<ipam::ClusterSurvey> World::survey_ipam() const {
    FLATLAN_TRY(nodes, state_->survey_nodes());
    // With daemons the registry is etcd, which they alone ask.
    if (state_->agents)
        return ipam::ClusterSurvey{state_->spec.pod_cidrs, std::move(nodes), std::nullopt};
    // The claims as the registry has them, not as this process remembers them.
    ipam::BlockLedger ledger{state_->ledger.pools()};
    node::BlockClaims claims{state_->registry, control::RecordKeys{state_->spec.name}, ledger,
                             ipam::ClaimOrder::lowest};
    FLATLAN_TRY_VOID(claims.refresh());
    ipam::ClusterSurvey survey{state_->spec.pod_cidrs, std::move(nodes),
                               ipam::ClusterSurvey::Registry{ledger.claims(), {}}};
    for (const ipam::NodeSurvey& node : survey.nodes)
        survey.registry->members.push_back(node.node);
    return survey;
}

Result<std::vector<IpamReport::HeldLease>> World::release_unused(
    const std::vector<IpamReport::HeldLease>& leases) {
    const std::lock_guard working{state_->work};
    const std::shared_lock reading{state_->mutex};
    std::vector<IpamReport::HeldLease> all;
    for (const auto& [name, node] : state_->nodes) {
        std::vector<ipam::Lease> of_node;
        for (const IpamReport::HeldLease& held : leases)
            if (held.node == name.text()) of_node.push_back(held.lease);
        if (of_node.empty()) continue;
        FLATLAN_TRY(released, node->release_unused(now(), of_node));
        for (ipam::Lease& lease : released)
            all.push_back({name.text(), std::move(lease)});
    }
    return all;
}

}  // namespace flatlan::lab
