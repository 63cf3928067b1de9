#include <algorithm>
#include <utility>

#include "overlay/lab/lab_node.hpp"
#include "overlay/lab/lease_key.hpp"
#include "overlay/linux/machine_namespaces.hpp"

namespace flatlan::lab {

Result<ipam::NodeSurvey> LabNode::survey(Instant now) const {
    const std::lock_guard reading{mutex_};
    return survey_locked(now);
}

Result<ipam::NodeSurvey> LabNode::survey_locked(Instant now) const {
    ipam::NodeIdentity identity{plan_.name, kOnlyIncarnation};
    ipam::PoolView view = node_.pool().view(now);
    ipam::NodeSurvey survey{std::move(identity), std::move(view), {}, {}};
    survey.kept.insert(ipam::LeaseKey::of_node(plan_.name));
    std::vector<const Namespace*> networks{&network_};
    for (const auto& [name, pod] : pods_) {
        networks.push_back(&pod.sandbox.network);
        FLATLAN_TRY(key, lease_key(name));
        survey.kept.insert(std::move(key));
    }
    for (const auto& [name, spec] : allocated_) {
        FLATLAN_TRY(key, lease_key(name));
        survey.kept.insert(std::move(key));
    }
    for (const Namespace* network : networks) {
        FLATLAN_TRY(live, live_addresses_in(*network));
        survey.live.insert(survey.live.end(), live.begin(), live.end());
    }
    return survey;
}

Result<std::vector<ipam::Lease>> LabNode::release_unused(Instant now,
                                                         std::span<const ipam::Lease> leases) {
    const std::lock_guard changing{mutex_};
    FLATLAN_TRY(survey, survey_locked(now));
    std::vector<ipam::Lease> released;
    for (ipam::Lease& lease : ipam::leaked_leases(survey)) {
        if (std::find(leases.begin(), leases.end(), lease) == leases.end()) continue;
        node_.release(now, lease.key);
        released.push_back(std::move(lease));
    }
    return released;
}

}  // namespace flatlan::lab
