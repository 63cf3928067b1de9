#include "overlay/pod/sandbox/sandbox.hpp"

#include <gmock/gmock.h>

#include <array>

#include "overlay/linux/address.hpp"
#include "overlay/linux/parallel.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/netns/overlay/pod/sandbox/sandbox_fixture.hpp"
#include "tests/support/running_link.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::pod {
namespace {

using support::ip;
using support::must;
using support::prefix;
using support::UdpSocket;
using testing::UnorderedElementsAre;

/// Joins two nodes by a link of their own and tells each the way to the other's blocks.
void wire(const Namespace& one, const NodeNetwork& of_one, const Namespace& other,
          const NodeNetwork& of_other) {
    const InterfaceName name{"wire"};
    const std::array macs{MacAddress::local_from(1), MacAddress::local_from(2)};
    auto first = must(Netlink::open_in(one));
    must(create_veth(first, {.near = {.name = name, .mac = macs[0]},
                             .far = {.name = name, .mac = macs[1], .network = &other}}));
    const auto join = [&](const Namespace& here, const NodeNetwork& own, const NodeNetwork& peer,
                          const MacAddress& mac) {
        auto netlink = must(Netlink::open_in(here));
        must(set_link(netlink, name, {.up = true, .no_link_local = true}));
        const IfIndex device = must(get_link(netlink, name)).index;
        const IpAddress gateway = ip("fe80::2");
        must(create_neighbour(netlink, {.address = gateway, .device = device, .mac = mac}));
        for (const IpPrefix& block : peer.blocks)
            must(create_route(netlink, {.destination = block,
                                        .via = gateway,
                                        .device = device,
                                        .preferred_source = own.overlay.find(block.family())}));
    };
    join(one, of_one, of_other, macs[1]);
    join(other, of_other, of_one, macs[0]);
    support::wait_until_running(one, name);
    support::wait_until_running(other, name);
}

TEST_F(SandboxTest, PodHasItsAddressesAndNothingElse) {
    const auto spec = specs(1).front();
    const Sandbox sandbox = must(create_sandbox(node(), spec));
    auto inside = netlink_in(sandbox.network);

    const Link eth0 = must(get_link(inside, InterfaceName{"eth0"}));
    EXPECT_EQ(eth0.mac, spec.pod_mac());
    EXPECT_EQ(eth0.mtu, LinkMtu{1450});
    EXPECT_TRUE(eth0.has_carrier());
    EXPECT_TRUE(must(get_link(inside, InterfaceName{"lo"})).is_up());
    EXPECT_THAT(
        must(list_addresses(inside, eth0.index)),
        UnorderedElementsAre(
            InterfaceAddress{.address = ip("10.244.0.2"), .length_bits = 32, .device = eth0.index},
            InterfaceAddress{.address = ip("fd00::2"), .length_bits = 128, .device = eth0.index}));

    const Route via4{.destination = prefix("0.0.0.0/0"),
                     .via = kGatewayIpv4,
                     .device = eth0.index,
                     .on_link = true};
    auto cluster4 = via4;
    cluster4.destination = prefix("10.244.0.0/16");
    const Route unreachable4{.destination = prefix("10.244.0.0/16"),
                             .type = RouteType::unreachable,
                             .metric = kLastMetric};
    EXPECT_THAT(must(list_routes(inside, {.family = IpFamily::ipv4, .protocol = kFlatlanRoutes})),
                UnorderedElementsAre(via4, cluster4, unreachable4));
    EXPECT_EQ(
        must(list_routes(inside, {.family = IpFamily::ipv6, .protocol = kFlatlanRoutes})).size(),
        3U);
}

TEST_F(SandboxTest, NodeEndCarriesTheLongName) {
    const auto spec = specs(1).front();
    const Sandbox sandbox = must(create_sandbox(node(), spec));
    auto netlink = netlink_in(*node_);
    const Link link = must(get_link(netlink, spec.node_end));
    EXPECT_EQ(link.alias, "default/pod-0");
    EXPECT_EQ(link.group, LinkGroup{1});
    EXPECT_EQ(link.mac, spec.node_mac());
    EXPECT_TRUE(must(list_addresses(netlink, link.index)).empty());
}

TEST_F(SandboxTest, PodsAndTheirNodeReachEachOtherAtTheirOwnAddresses) {
    const auto wanted = specs(2);
    const auto sandboxes = must(create_sandboxes(node(), wanted));
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        UdpSocket first{sandboxes[0].network, *wanted[0].addresses.find(family)};
        UdpSocket second{sandboxes[1].network, *wanted[1].addresses.find(family)};
        UdpSocket host{*node_, *wanted_.overlay.find(family)};
        EXPECT_EQ(exchange(first, second), "");
        EXPECT_EQ(exchange(first, host), "");
        EXPECT_EQ(exchange(host, second), "");
        EXPECT_EQ(exchange(first, first), "");
    }
    expect_nothing_learnt(sandboxes);
}

TEST_F(SandboxTest, NodeSpeaksToItsPodsFromItsOverlayAddress) {
    const auto spec = specs(1).front();
    const Sandbox sandbox = must(create_sandbox(node(), spec));
    UdpSocket pod{sandbox.network, *spec.addresses.find(IpFamily::ipv4)};
    UdpSocket anywhere{*node_, Ipv4Address{}};
    ASSERT_EQ(anywhere.send(pod.endpoint(), "hello"), "");
    const auto got = pod.receive();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->from.address, ip("10.244.0.1"));
}

TEST_F(SandboxTest, PodsOfTwoNodesReachEachOther) {
    // Two nodes and a wire between them, routed by hand: what a tunnel does by itself.
    NodeNetwork other{.overlay = {.ipv4 = ip("10.244.1.1").ipv4(), .ipv6 = ip("fd00::1:1").ipv6()},
                      .cluster_prefixes = wanted_.cluster_prefixes,
                      .blocks = {prefix("10.244.1.0/24"), prefix("fd00::1:0/120")}};
    const Namespace far = new_network();
    must(prepare_node(far, other));
    wire(*node_, wanted_, far, other);

    const auto here = specs(1);
    SandboxSpec there{.name = "default/there", .node_end = InterfaceName{"p0"}, .addresses = {}};
    there.addresses.set(ip("10.244.1.2"));
    there.addresses.set(ip("fd00::1:2"));
    const Sandbox near_pod = must(create_sandbox(node(), here.front()));
    const Sandbox far_pod = must(create_sandbox({.network = far,
                                                 .overlay = other.overlay,
                                                 .cluster_prefixes = other.cluster_prefixes,
                                                 .mtu = OverlayMtu{1450},
                                                 .group = LinkGroup{1}},
                                                there));
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        UdpSocket first{near_pod.network, *here.front().addresses.find(family)};
        UdpSocket second{far_pod.network, *there.addresses.find(family)};
        UdpSocket far_host{far, *other.overlay.find(family)};
        EXPECT_EQ(exchange(first, second), "");
        EXPECT_EQ(exchange(first, far_host), "");
    }
    expect_nothing_learnt({&near_pod, 1});
    expect_nothing_learnt({&far_pod, 1});
    EXPECT_EQ(learnt_in(far), 0U);
}

TEST_F(SandboxTest, AddressThatNobodyHasIsRefusedAtOnce) {
    const auto spec = specs(1).front();
    const Sandbox sandbox = must(create_sandbox(node(), spec));
    for (const char* nobody : {"10.244.0.77", "10.244.99.1", "fd00::77", "fd00::9:1"}) {
        SCOPED_TRACE(nobody);
        const IpAddress address = ip(nobody);
        UdpSocket host{*node_, *wanted_.overlay.find(address.family())};
        EXPECT_THAT(host.send({address, Port{9}}, "x"), testing::HasSubstr("No route to host"));
    }
}

TEST_F(SandboxTest, ManyAreMadeAndRemovedInOneGo) {
    const auto wanted = specs(200);
    const auto sandboxes = must(create_sandboxes(node(), wanted));
    ASSERT_EQ(sandboxes.size(), wanted.size());
    auto netlink = netlink_in(*node_);
    EXPECT_EQ(must(list_links(netlink)).size(), 201U);
    for (const std::size_t i : {std::size_t{0}, std::size_t{199}}) {
        UdpSocket one{sandboxes[i].network, *wanted[i].addresses.find(IpFamily::ipv6)};
        UdpSocket middle{sandboxes[100].network, *wanted[100].addresses.find(IpFamily::ipv6)};
        EXPECT_EQ(exchange(one, middle), "");
    }
    expect_nothing_learnt(sandboxes);

    const std::array some{wanted[3].node_end, wanted[4].node_end, InterfaceName{"gone"}};
    must(remove_sandbox_links(*node_, some));
    EXPECT_EQ(must(list_links(netlink)).size(), 199U);
    auto inside = netlink_in(sandboxes[3].network);
    EXPECT_EQ(must(list_links(inside)).size(), 1U);
    must(remove_all_sandbox_links(*node_, LinkGroup{1}));
    EXPECT_EQ(must(list_links(netlink)).size(), 1U);
    must(remove_all_sandbox_links(*node_, LinkGroup{1}));
}

TEST_F(SandboxTest, TwoNodesAreFilledByTwoThreadsAtOnce) {
    const Namespace other = new_network();
    must(prepare_node(other, wanted_));
    const SandboxNode far{.network = other,
                          .overlay = wanted_.overlay,
                          .cluster_prefixes = wanted_.cluster_prefixes,
                          .mtu = LinkMtu{1450},
                          .group = LinkGroup{1}};
    const auto wanted = specs(40);
    std::array<std::vector<Sandbox>, 2> made;
    must(for_each_on_threads(2, made.size(), [&](std::size_t i) -> Result<void> {
        FLATLAN_TRY(sandboxes, create_sandboxes(i == 0 ? node() : far, wanted));
        made[i] = std::move(sandboxes);
        return success();
    }));
    // The same addresses on both, and each reaches its own.
    for (const auto& sandboxes : made) {
        UdpSocket first{sandboxes.front().network, *wanted.front().addresses.ipv4};
        UdpSocket last{sandboxes.back().network, *wanted.back().addresses.ipv4};
        EXPECT_EQ(exchange(first, last), "");
    }
}

TEST_F(SandboxTest, OneFamilyAloneIsEnough) {
    auto spec = specs(1).front();
    spec.addresses.ipv4.reset();
    const Sandbox sandbox = must(create_sandbox(node(), spec));
    auto inside = netlink_in(sandbox.network);
    const auto routes = must(list_routes(inside, {.protocol = kFlatlanRoutes}));
    EXPECT_EQ(routes.size(), 3U);
    for (const auto& route : routes)
        EXPECT_EQ(route.destination.family(), IpFamily::ipv6) << to_string(route);
}

}  // namespace
}  // namespace flatlan::pod
