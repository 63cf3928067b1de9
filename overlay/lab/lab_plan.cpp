#include "overlay/lab/lab_plan.hpp"

#include <algorithm>

#include "overlay/lab/bridged_underlay.hpp"
#include "overlay/lab/capacity.hpp"
#include "overlay/lab/pod_placement.hpp"
#include "overlay/lab/underlay_plan.hpp"

namespace flatlan::lab {
namespace {

constexpr std::uint32_t kIpv6LinkMtuMin = 1280;  // RFC 8200, section 5

bool any_ipv6(const std::vector<IpPrefix>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [](const IpPrefix& prefix) { return prefix.family() == IpFamily::ipv6; });
}

Result<void> check_mtu(const LabSpec& spec) {
    const std::string place = to_string(spec.places.underlay_mtu);
    if (any_ipv6(spec.underlay_cidrs) && spec.underlay_mtu.value() < kIpv6LinkMtuMin)
        return Error{ErrorCode::invalid_argument, "an underlay MTU of " +
                                                      std::to_string(spec.underlay_mtu.value()) +
                                                      " octets is too small for an IPv6 underlay"}
            .at(place)
            .expecting("at least " + std::to_string(kIpv6LinkMtuMin) + " octets");
    for (const NodeSpec& node : spec.nodes) {
        auto mtu = tunnel::overlay_mtu(node.backend.value_or(spec.backend), spec.underlay_mtu,
                                       endpoint_family(spec), any_ipv6(spec.pod_cidrs));
        if (!mtu) return std::move(mtu).error().at(place);
    }
    return success();
}

/// A bridge has a limit of ports; without one, nodes share no link.
Result<void> check_topology(const LabSpec& spec) {
    if (spec.topology == UnderlayTopology::bridged &&
        spec.nodes.size() > BridgedUnderlay::kNodesMax)
        return Error{ErrorCode::invalid_argument,
                     "a bridged underlay takes " + std::to_string(BridgedUnderlay::kNodesMax) +
                         " nodes, and the lab has " + std::to_string(spec.nodes.size())}
            .at(to_string(spec.places.topology))
            .expecting("topology: routed");
    for (const NodeSpec& node : spec.nodes) {
        const auto backend = node.backend.value_or(spec.backend);
        const bool direct = backend == tunnel::BackendKind::direct;
        const auto refuse = [&](const std::string& text, const SourcePlace& place) {
            return Error{ErrorCode::invalid_argument, text}.at(to_string(place));
        };
        if (direct != (spec.backend == tunnel::BackendKind::direct))
            return refuse("node '" + node.name.text() + "' has the backend '" +
                              std::string{to_string(backend)} + "' and the lab '" +
                              std::string{to_string(spec.backend)} +
                              "': direct is of all nodes or of none",
                          node.place);
        if (direct && spec.topology == UnderlayTopology::routed)
            return refuse("the backend 'direct' needs nodes that share a link", spec.places.backend)
                .expecting("underlay: {topology: bridged}");
    }
    return success();
}

/// The spec with the node of etcd as its last one, where it has one, at the address that it has.
Result<LabSpec> with_registry(const LabSpec& spec, const LabPlan& running) {
    LabSpec attached = spec;
    if (spec.agents == Agents::supervisor) return attached;
    const NodeName name = NodeName::from(kRegistryNode).value();
    for (const NodeSpec& node : spec.nodes)
        if (node.name == name)
            return Error{ErrorCode::invalid_argument,
                         "a node cannot be named '" + name.text() +
                             "' with 'agents: process': that is the registry's"}
                .at(to_string(node.place))
                .expecting("another name");
    attached.nodes.push_back({name, {}, std::nullopt, spec.places.underlay_cidrs});
    if (running.registry) attached.nodes.back().underlay = running.registry->underlay;
    return attached;
}

}  // namespace

IpAddress endpoint_of(const PlannedNode& node) {
    return node.underlay.ipv4 ? IpAddress{*node.underlay.ipv4} : IpAddress{*node.underlay.ipv6};
}

Result<LabPlan> plan_lab(const LabSpec& spec) { return plan_lab(spec, LabPlan{}); }

Result<LabPlan> plan_lab(const LabSpec& spec, const LabPlan& running) {
    FLATLAN_TRY_VOID(check_mtu(spec));
    FLATLAN_TRY_VOID(check_topology(spec));
    FLATLAN_TRY(attached, with_registry(spec, running));
    FLATLAN_TRY(underlay, plan_underlay(attached, running));

    LabPlan plan;
    if (attached.nodes.size() > spec.nodes.size())
        plan.registry = {attached.nodes.back().name, underlay.back(), spec.backend};
    plan.nodes.reserve(spec.nodes.size());
    for (std::size_t i = 0; i < spec.nodes.size(); ++i)
        plan.nodes.push_back(
            {spec.nodes[i].name, underlay[i], spec.nodes[i].backend.value_or(spec.backend)});
    plan.pods = place_pods(spec, running);
    FLATLAN_TRY_VOID(check_capacity(spec, plan));
    return plan;
}

}  // namespace flatlan::lab
