#include "overlay/lab/routed_underlay.hpp"

#include "overlay/pod/sandbox/node_network.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {
namespace {

constexpr LinkGroup kPorts{1};

InterfaceName port_name(std::size_t port) { return InterfaceName{"u" + std::to_string(port)}; }

}  // namespace

Result<RoutedUnderlay> RoutedUnderlay::create(std::vector<IpPrefix> cidrs, UnderlayMtu mtu) {
    FLATLAN_TRY(router, Namespace::create_network());
    if (auto prepared =
            pod::prepare_node(router, {.overlay = {}, .cluster_prefixes = cidrs, .blocks = {}});
        !prepared)
        return std::move(prepared).error().within("make the underlay's router");
    return RoutedUnderlay{std::move(router), std::move(cidrs), mtu};
}

pod::SandboxNode RoutedUnderlay::as_sandbox_node() const {
    return {.network = router_,
            .overlay = {},
            .cluster_prefixes = cidrs_,
            .mtu = mtu_,
            .group = kPorts};
}

Result<std::vector<Namespace>> RoutedUnderlay::attach(std::span<const PlannedNode> nodes,
                                                      std::size_t first_port) {
    std::vector<pod::SandboxSpec> specs;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        specs.push_back({.name = "underlay of node " + nodes[i].name.text(),
                         .node_end = port_name(first_port + i),
                         .addresses = nodes[i].underlay});
    auto made = pod::create_sandboxes(as_sandbox_node(), specs);
    if (!made) return std::move(made).error().within("attach the nodes to the underlay");
    std::vector<Namespace> networks;
    for (pod::Sandbox& sandbox : made.value())
        networks.push_back(std::move(sandbox.network));
    return networks;
}

Result<void> RoutedUnderlay::detach(std::size_t port) {
    const InterfaceName name = port_name(port);
    return pod::remove_sandbox_links(router_, std::span{&name, 1});
}

Result<void> RoutedUnderlay::detach_all() { return pod::remove_all_sandbox_links(router_, kPorts); }

}  // namespace flatlan::lab
