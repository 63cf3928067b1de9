#include "tunnel/kernel/wanted_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "overlay/base/link_local.hpp"
#include "tests/support/sample_cluster.hpp"

namespace flatlan::tunnel {
namespace {

const KernelFacts kFreshKernel{};

KernelTunnelState state_of(const SampleCluster& cluster, std::size_t node,
                           const KernelFacts& facts = kFreshKernel) {
    return wanted_state(cluster.wanted_for(node), facts).value();
}

TEST(WantedState, HasOneDeviceWithTheNodesOwnAddresses) {
    const SampleCluster cluster = sample_cluster({.nodes = 3});
    const KernelTunnelState state = state_of(cluster, 1);

    ASSERT_TRUE(state.device);
    EXPECT_EQ(state.device->name.text(), "flat0");
    EXPECT_EQ(state.device->settings.local, cluster.nodes[1].endpoint);
    EXPECT_EQ(state.device->mac, cluster.nodes[1].mac);
    EXPECT_EQ(state.device->mtu, OverlayMtu{1450});
    ASSERT_EQ(state.tables.addresses.size(), 2U);
    EXPECT_EQ(to_string(state.tables.addresses[0].address), "10.128.0.65/32");
    EXPECT_EQ(to_string(state.tables.addresses[1].address), "fd00:128::41/128");
}

TEST(WantedState, HasOneEntryOfEachTableForAPeerAndARouteForEachOfItsBlocks) {
    SampleCluster cluster = sample_cluster({.nodes = 5});
    cluster.nodes[3].blocks.push_back(sample_block(IpFamily::ipv4, 100));
    const KernelTables tables = state_of(cluster, 0).tables;

    EXPECT_EQ(tables.fdb.size(), 4U);
    EXPECT_EQ(tables.neighbours.size(), 4U);
    EXPECT_EQ(tables.nexthops.size(), 4U);
    EXPECT_EQ(tables.routes.size(), 9U);
}

TEST(WantedState, LeadsBothFamiliesOfAPeerThroughOneIpv6Neighbour) {
    const SampleCluster cluster = sample_cluster({.nodes = 2});
    const KernelTables tables = state_of(cluster, 0).tables;

    const MacAddress mac = cluster.nodes[1].mac;
    EXPECT_EQ(tables.fdb.front(), (TunnelFdbEntry{mac, cluster.nodes[1].endpoint}));
    EXPECT_EQ(tables.neighbours.front(), (TunnelNeighbour{link_local_from(mac), mac}));
    EXPECT_EQ(tables.nexthops.front().gateway, IpAddress{link_local_from(mac)});
    ASSERT_EQ(tables.routes.size(), 2U);
    for (const TunnelRoute& route : tables.routes) {
        EXPECT_EQ(route.nexthop, tables.nexthops.front().id);
        EXPECT_EQ(route.source, cluster.nodes[0].overlay.find(route.prefix.family()));
    }
}

TEST(WantedState, NeedsNoIpv6WhereTheClusterHasNone) {
    const SampleCluster cluster = sample_cluster({.nodes = 2, .ipv6 = false});
    for (const Ipv6State ipv6 : {Ipv6State::absent, Ipv6State::off}) {
        const KernelTables tables = state_of(cluster, 0, {.ipv6 = ipv6}).tables;
        EXPECT_EQ(tables.neighbours.front().gateway, IpAddress{*cluster.nodes[1].overlay.ipv4});
        EXPECT_EQ(tables.sysctls, (std::vector<TunnelSysctl>{{"net/ipv4/conf/flat0/forwarding", 1},
                                                             {"net/ipv4/conf/flat0/rp_filter", 0},
                                                             {"net/ipv4/ip_forward", 1}}));
    }
}

// The kernel takes IPv6 off a device whose MTU is under 1280 octets.
TEST(WantedState, LeadsIpv4ThroughAnIpv4NeighbourWhereTheMtuIsTooSmallForIpv6) {
    const SampleCluster cluster =
        sample_cluster({.nodes = 2, .ipv6 = false, .underlay_mtu = UnderlayMtu{1300}});
    const KernelTunnelState state = state_of(cluster, 0);
    EXPECT_EQ(state.device->mtu, OverlayMtu{1250});
    EXPECT_TRUE(state.tables.neighbours.front().gateway.is_ipv4());
}

TEST(WantedState, SwitchesIpv6OnForTheDeviceOfAClusterThatCarriesIt) {
    const SampleCluster cluster = sample_cluster({.nodes = 2});
    const auto sysctls = state_of(cluster, 0, {.ipv6 = Ipv6State::off}).tables.sysctls;
    EXPECT_NE(std::find(sysctls.begin(), sysctls.end(),
                        TunnelSysctl{"net/ipv6/conf/flat0/disable_ipv6", 0}),
              sysctls.end());
}

TEST(WantedState, RefusesIpv6OnAKernelWithout) {
    const SampleCluster cluster = sample_cluster({.nodes = 2});
    const auto refused = wanted_state(cluster.wanted_for(0), {.ipv6 = Ipv6State::absent});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
}

TEST(WantedState, RefusesAnMtuTooSmallForIpv6) {
    for (const auto& [underlay, least] :
         {std::pair{IpFamily::ipv4, 1330U}, std::pair{IpFamily::ipv6, 1350U}}) {
        SampleCluster cluster = sample_cluster({.nodes = 2, .underlay = underlay});
        cluster.settings.underlay_mtu = UnderlayMtu{least};
        EXPECT_TRUE(wanted_state(cluster.wanted_for(0), {}));
        cluster.settings.underlay_mtu = UnderlayMtu{least - 1};
        const auto refused = wanted_state(cluster.wanted_for(0), {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(refused.error().expected(), "at least " + std::to_string(least) + " octets");
    }
}

TEST(WantedState, RefusesWhatContradictsItself) {
    SampleCluster cluster = sample_cluster({.nodes = 3});
    cluster.nodes[2].mac = cluster.nodes[1].mac;
    const auto refused = wanted_state(cluster.wanted_for(0), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
}

TEST(WantedState, PutsTheMtuOfANarrowPathOnThePeersRoutesAlone) {
    const SampleCluster cluster = sample_cluster({.nodes = 3});
    const std::vector<PathMtu> narrow{{cluster.nodes[2].name, UnderlayMtu{1400}}};
    TunnelWanted wanted = cluster.wanted_for(0);
    wanted.narrow_paths = narrow;
    const KernelTables tables = wanted_state(wanted, {}).value().tables;
    for (const TunnelRoute& route : tables.routes) {
        const bool to_n2 = route.prefix == cluster.nodes[2].blocks[0] ||
                           route.prefix == cluster.nodes[2].blocks[1];
        EXPECT_EQ(route.mtu, to_n2 ? std::optional{OverlayMtu{1350}} : std::nullopt);
    }
}

TEST(WantedState, KeepsARouteAtTheLeastThatIpv6AsksOfALink) {
    const SampleCluster cluster = sample_cluster({.nodes = 2});
    const std::vector<PathMtu> narrow{{cluster.nodes[1].name, UnderlayMtu{576}}};
    TunnelWanted wanted = cluster.wanted_for(0);
    wanted.narrow_paths = narrow;
    EXPECT_EQ(wanted_state(wanted, {}).value().tables.routes.front().mtu, OverlayMtu{1280});
}

TEST(WantedState, IsTheSameWhateverTheOrderOfTheNodes) {
    SampleCluster cluster = sample_cluster({.nodes = 40});
    const SampleCluster sorted = cluster;
    std::reverse(cluster.nodes.begin(), cluster.nodes.end());
    EXPECT_EQ(state_of(cluster, 39), state_of(sorted, 0));
}

TEST(WantedState, GivesEachPeerANextHopOfItsOwn) {
    const KernelTables tables = state_of(sample_cluster({.nodes = 5000}), 0).tables;
    std::set<NexthopId> numbers;
    for (const TunnelNexthop& nexthop : tables.nexthops)
        numbers.insert(nexthop.id);
    EXPECT_EQ(numbers.size(), 4999U);
    EXPECT_EQ(numbers.count(NexthopId{0}), 0U);
}

// A number must not change its meaning while routes use it, whoever comes and goes.
TEST(WantedState, KeepsTheNumbersOfNextHopsThatAreThere) {
    const SampleCluster cluster = sample_cluster({.nodes = 4});
    std::vector<TunnelNexthop> known = state_of(cluster, 0).tables.nexthops;
    std::swap(known[0].gateway, known[1].gateway);

    const auto nexthops = state_of(cluster, 0, {.nexthops = known}).tables.nexthops;

    EXPECT_EQ(nexthops, known);
}

TEST(WantedState, TakesNoNumberThatAnotherNextHopHas) {
    const SampleCluster cluster = sample_cluster({.nodes = 2});
    const NexthopId first_choice = state_of(cluster, 0).tables.nexthops.front().id;
    const std::vector<TunnelNexthop> leaving{
        {first_choice, Ipv6Address::from_text("fe80::1").value()}};

    const auto nexthops = state_of(cluster, 0, {.nexthops = leaving}).tables.nexthops;

    ASSERT_EQ(nexthops.size(), 1U);
    EXPECT_NE(nexthops.front().id, first_choice);
}

}  // namespace
}  // namespace flatlan::tunnel
