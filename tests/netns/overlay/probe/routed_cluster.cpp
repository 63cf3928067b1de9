#include "tests/netns/overlay/probe/routed_cluster.hpp"

#include <algorithm>
#include <cstdlib>

#include "overlay/linux/address.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/running_link.hpp"

namespace flatlan::probe {
namespace {

using support::must;

IpPrefix block(unsigned node, IpFamily family) {
    if (family == IpFamily::ipv4)
        return IpPrefix::containing(Ipv4Address{0x0af4'0000U + (node << 8U)}, 24);
    return IpPrefix::containing(Ipv6Address::from_halves(0xfd00'0010'0244'0000U + node, 0), 64);
}

/// On the link between a node and the router, host 1 is the node and host 254 the router.
IpPrefix link(unsigned node, IpFamily family) {
    if (family == IpFamily::ipv4)
        return IpPrefix::containing(Ipv4Address{0xac1f'0000U + (node << 8U)}, 24);
    return IpPrefix::containing(Ipv6Address::from_halves(0xfd31'0000'0000'0000U + node, 0), 64);
}

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};
const std::vector<IpPrefix> kClusterPrefixes{must(IpPrefix::from_text("10.244.0.0/16")),
                                             must(IpPrefix::from_text("fd00:10:244::/48"))};

IfIndex bring_up(Netlink& netlink, const InterfaceName& name, unsigned node, unsigned host) {
    const IfIndex index = must(get_link(netlink, name)).index;
    must(set_link(netlink, index, {.up = true, .no_link_local = true}));
    for (const IpFamily family : kFamilies) {
        const IpPrefix prefix = link(node, family);
        must(create_address(netlink, {.address = prefix.at(host),
                                      .length_bits = prefix.length_bits(),
                                      .device = index,
                                      .prefix_route = true}));
    }
    return index;
}

MacAddress mac(unsigned node, bool of_router) {
    return must(MacAddress::from_text(std::string{"02:00:00:00:0"} + (of_router ? "1" : "2") + ":" +
                                      (node < 10 ? "0" : "") + std::to_string(node)));
}

}  // namespace

RoutedCluster::RoutedCluster(unsigned nodes, unsigned pods_per_node)
    : router_{must(Namespace::create_network())} {
    const std::array<Sysctl, 2> forward{
        {{"net/ipv4/ip_forward", "1"}, {"net/ipv6/conf/all/forwarding", "1"}}};
    must(ensure_sysctls(router_, forward));
    for (unsigned node = 1; node <= nodes; ++node)
        add_node(node);
    connect_nodes(nodes);
    for (unsigned node = 1; node <= nodes; ++node)
        add_pods(node, pods_per_node);
}

void RoutedCluster::add_node(unsigned number) {
    Member member{"node/n" + std::to_string(number),
                  MemberKind::node,
                  must(NodeName::from("n" + std::to_string(number))),
                  {}};
    pod::NodeNetwork wanted{.overlay = {}, .cluster_prefixes = kClusterPrefixes, .blocks = {}};
    for (const IpFamily family : kFamilies) {
        wanted.blocks.push_back(block(number, family));
        wanted.overlay.set(wanted.blocks.back().at(1));
    }
    member.addresses = wanted.overlay;
    auto network = must(Namespace::create_network());
    must(pod::prepare_node(network, wanted));
    members_.push_back(std::move(member));
    networks_.emplace_back(std::move(network));
}

void RoutedCluster::connect_nodes(unsigned nodes) {
    Netlink router = must(Netlink::open_in(router_));
    for (unsigned number = 1; number <= nodes; ++number) {
        const Namespace& network = *networks_[number - 1];
        const InterfaceName far{"n" + std::to_string(number)};
        const InterfaceName near{"u0"};
        Netlink node = must(Netlink::open_in(network));
        must(create_veth(node,
                         {.near = {.name = near, .mac = mac(number, false)},
                          .far = {.name = far, .mac = mac(number, true), .network = &router_}}));
        const IfIndex at_router = bring_up(router, far, number, 254);
        const IfIndex at_node = bring_up(node, near, number, 1);
        for (const IpFamily family : kFamilies) {
            // Nobody could ask: an interface without an fe80:: address solicits nothing.
            must(create_neighbour(router, {.address = link(number, family).at(1),
                                           .device = at_router,
                                           .mac = mac(number, false)}));
            must(create_neighbour(node, {.address = link(number, family).at(254),
                                         .device = at_node,
                                         .mac = mac(number, true)}));
            must(create_route(
                router, {.destination = block(number, family), .via = link(number, family).at(1)}));
            for (unsigned other = 1; other <= nodes; ++other)
                if (other != number)
                    must(create_route(
                        node, {.destination = block(other, family),
                               .via = link(number, family).at(254),
                               .preferred_source = members_[number - 1].addresses.find(family)}));
        }
        support::wait_until_running(network, near);
        support::wait_until_running(router_, far);
    }
}

void RoutedCluster::add_pods(unsigned node, unsigned count) {
    const pod::SandboxNode place{.network = *networks_[node - 1],
                                 .overlay = members_[node - 1].addresses,
                                 .cluster_prefixes = kClusterPrefixes,
                                 .mtu = OverlayMtu{1450},
                                 .group = LinkGroup{1}};
    std::vector<pod::SandboxSpec> specs;
    for (unsigned i = 0; i < count; ++i) {
        const std::string name = "default/p" + std::to_string((node - 1) * count + i + 1);
        pod::SandboxSpec spec{
            .name = name, .node_end = InterfaceName{"p" + std::to_string(i)}, .addresses = {}};
        for (const IpFamily family : kFamilies)
            spec.addresses.set(block(node, family).at(i + 2));
        members_.push_back({name, MemberKind::pod, members_[node - 1].node, spec.addresses});
        specs.push_back(std::move(spec));
    }
    for (pod::Sandbox& sandbox : must(pod::create_sandboxes(place, specs)))
        networks_.emplace_back(std::move(sandbox.network));
}

MemberId RoutedCluster::id(std::string_view name) const {
    const std::string full = (name.find('/') == name.npos ? "default/" : "") + std::string{name};
    const auto found = std::ranges::find(members_, full, &Member::name);
    if (found == members_.end()) throw std::runtime_error{"no member " + std::string{name}};
    return MemberId{static_cast<std::uint32_t>(found - members_.begin())};
}

const Namespace& RoutedCluster::network(std::string_view name) const {
    return networks_[id(name).value()].value();
}

Report RoutedCluster::run(const PlanRequest& request, const ProberOptions& options) const {
    return must(run_plan(field(), must(make_plan(members_, request)), options));
}

void shell_in(const Namespace& network, const std::string& command) {
    const auto status =
        must(run_in(network, [&]() -> Result<int> { return std::system(command.c_str()); }));
    ASSERT_EQ(status, 0) << command;
}

}  // namespace flatlan::probe
