#include "overlay/node/cluster_survey.hpp"

#include <set>

#include "ipam/gateway.hpp"
#include "overlay/control/member_records.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/netlink.hpp"

namespace flatlan::node {

using registry::Record;

Result<ipam::ClusterSurvey::Registry> survey_registry(registry::Registry& registry,
                                                      const control::RecordKeys& keys) {
    const control::MemberKeys members{keys};
    ipam::ClusterSurvey::Registry survey;
    std::set<ipam::NodeIdentity> known;
    // Claims first: who joins meanwhile is a member before it claims, and claims are no orphans.
    FLATLAN_TRY_VOID(
        for_each_record(registry, keys.blocks(), [&](const Record& record) -> Result<void> {
            FLATLAN_TRY(claim, control::claim_from_record(record.value));
            survey.claims.push_back(claim);
            return success();
        }));
    FLATLAN_TRY_VOID(
        for_each_record(registry, members.alive(), [&](const Record& record) -> Result<void> {
            FLATLAN_TRY(name, NodeName::from(record.key.substr(members.alive().size())));
            FLATLAN_TRY(incarnation, control::alive_from_record(record.value));
            known.insert({name, incarnation});
            return success();
        }));
    FLATLAN_TRY_VOID(
        for_each_record(registry, keys.nodes(), [&](const Record& record) -> Result<void> {
            FLATLAN_TRY(node, control::node_from_record(record.value));
            known.insert({node.node.name, node.incarnation});
            return success();
        }));
    survey.members.assign(known.begin(), known.end());
    return survey;
}

Result<ipam::NodeSurvey> survey_node(ipam::LeaseStore& leases, ipam::LiveNamespaces& live,
                                     const NodeName& name) {
    // First the leases: a pod that comes in between then has no lease here, not one without a pod.
    FLATLAN_TRY(pool, leases.view());
    FLATLAN_TRY(incarnation, leases.incarnation());
    FLATLAN_TRY(addresses, live.addresses());
    FLATLAN_TRY(netlink, Netlink::open());
    FLATLAN_TRY(found, list_addresses(netlink));
    std::set<IpAddress> own;
    for (const InterfaceAddress& each : found)
        own.insert(each.address);
    std::set<ipam::LeaseKey> kept;
    for (const ipam::Lease& gateway : ipam::used_gateways(pool, own))
        kept.insert(gateway.key);
    return ipam::NodeSurvey{
        {name, incarnation}, std::move(pool), std::move(addresses), std::move(kept)};
}

}  // namespace flatlan::node
