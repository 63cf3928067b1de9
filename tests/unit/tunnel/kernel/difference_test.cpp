#include "tunnel/kernel/difference.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/sample_cluster.hpp"
#include "tunnel/kernel/wanted_state.hpp"

namespace flatlan::tunnel {
namespace {

using Verb = TableOperation::Verb;

KernelTunnelState state_of(const SampleCluster& cluster) {
    return wanted_state(cluster.wanted_for(0), {}).value();
}

/// What the operations do, in order: "+fdb", "~route", "-neighbour".
std::vector<std::string> steps(const std::vector<TableOperation>& operations) {
    constexpr std::array<const char*, 3> kSigns{"+", "~", "-"};
    constexpr std::array<const char*, 6> kTables{"sysctl",    "address", "fdb",
                                                 "neighbour", "nexthop", "route"};
    std::vector<std::string> out;
    for (const TableOperation& operation : operations)
        out.push_back(std::string{kSigns.at(static_cast<std::size_t>(operation.verb))} +
                      kTables.at(operation.entry.index()));
    return out;
}

using Steps = std::vector<std::string>;

TEST(Difference, IsNothingBetweenEquals) {
    const KernelTables tables = state_of(sample_cluster({.nodes = 20})).tables;
    EXPECT_TRUE(difference(tables, tables).empty());
}

TEST(Difference, AddsAPeersRoutesLast) {
    const auto have = state_of(sample_cluster({.nodes = 1})).tables;
    const auto want = state_of(sample_cluster({.nodes = 2})).tables;
    EXPECT_EQ(steps(difference(have, want)),
              (Steps{"+fdb", "+neighbour", "+nexthop", "+route", "+route"}));
}

TEST(Difference, RemovesAPeersRoutesFirst) {
    const auto have = state_of(sample_cluster({.nodes = 2})).tables;
    const auto want = state_of(sample_cluster({.nodes = 1})).tables;
    EXPECT_EQ(steps(difference(have, want)),
              (Steps{"-route", "-route", "-nexthop", "-neighbour", "-fdb"}));
}

TEST(Difference, MovesABlockInOneStep) {
    SampleCluster cluster = sample_cluster({.nodes = 3});
    const IpPrefix block = sample_block(IpFamily::ipv4, 50);
    cluster.nodes[1].blocks.push_back(block);
    const auto have = state_of(cluster).tables;
    cluster.nodes[1].blocks.pop_back();
    cluster.nodes[2].blocks.push_back(block);
    EXPECT_EQ(steps(difference(have, state_of(cluster).tables)), Steps{"~route"});
}

TEST(Difference, MovesAnEndpointInOneStep) {
    SampleCluster cluster = sample_cluster({.nodes = 3});
    const auto have = state_of(cluster).tables;
    cluster.nodes[1].endpoint = sample_endpoint(IpFamily::ipv4, 77);
    EXPECT_EQ(steps(difference(have, state_of(cluster).tables)), Steps{"~fdb"});
}

TEST(Difference, GivesANewOwnAddressBeforeTheRoutesThatNameItAndTakesTheOldOneLast) {
    SampleCluster cluster = sample_cluster({.nodes = 2});
    const auto have = state_of(cluster).tables;
    cluster.nodes[0].overlay.ipv4 = cluster.nodes[0].blocks[0].at(2).ipv4();
    EXPECT_EQ(steps(difference(have, state_of(cluster).tables)),
              (Steps{"+address", "~route", "-address"}));
}

TEST(Difference, PutsRightWhatIsAltered) {
    const auto want = state_of(sample_cluster({.nodes = 2})).tables;
    auto have = want;
    have.fdb[0].altered = true;
    have.routes[1].altered = true;
    EXPECT_EQ(steps(difference(have, want)), (Steps{"~fdb", "~route"}));
}

TEST(Difference, PutsRightAKeyThatStandsTwice) {
    const auto want = state_of(sample_cluster({.nodes = 2})).tables;
    auto have = want;
    have.routes.insert(have.routes.begin(), 2, have.routes.front());
    EXPECT_EQ(steps(difference(have, want)), (Steps{"-route", "-route", "~route"}));
}

TEST(DeviceStep, ChangesWhatTheKernelLetsAndRecreatesForTheRest) {
    const VxlanDevice want = *state_of(sample_cluster({})).device;
    EXPECT_EQ(device_step(std::nullopt, want), DeviceStep::create);
    EXPECT_EQ(device_step(want, want), DeviceStep::keep);

    const auto step_after = [&](auto change) {
        VxlanDevice have = want;
        change(have);
        return device_step(have, want);
    };
    EXPECT_EQ(step_after([](auto& d) { d.up = false; }), DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.makes_link_local = true; }), DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.settings.learning = true; }), DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.mtu = OverlayMtu{1300}; }), DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.mac = MacAddress{}; }), DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.settings.local = sample_endpoint(IpFamily::ipv4, 9); }),
              DeviceStep::change);
    EXPECT_EQ(step_after([](auto& d) { d.settings.local = sample_endpoint(IpFamily::ipv6, 9); }),
              DeviceStep::recreate);
    EXPECT_EQ(step_after([](auto& d) { d.settings.vni = Vni{2}; }), DeviceStep::recreate);
    EXPECT_EQ(step_after([](auto& d) { d.settings.port = Port{8472}; }), DeviceStep::recreate);
    EXPECT_EQ(step_after([](auto& d) { d.settings.udp_checksum ^= true; }), DeviceStep::recreate);
}

}  // namespace
}  // namespace flatlan::tunnel
