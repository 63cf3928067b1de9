#include <gmock/gmock.h>

#include "overlay/linux/veth.hpp"
#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::ip;
using support::must;
using support::UdpSocket;
using testing::HasSubstr;

constexpr Port kTaken{7777};

/// Everything that the tunnel has in the node's namespace, as the tools print it.
std::string everything(const TunnelWorld& world, std::size_t node) {
    std::string text;
    for (const char* const command :
         {"ip -d address", "ip route show table all", "ip -6 route show table all", "ip nexthop",
          "ip -4 neighbour", "ip -6 neighbour show nud permanent", "bridge fdb"})
        text += world.run(node, command);
    return text;
}

/// A wanted state that cannot be had, once the tunnel works.
struct Wrong {
    const char* name;
    void (*make)(SampleCluster& cluster);
    ErrorCode code;
    const char* message;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

class Refusal : public support::NetworkTest, public testing::WithParamInterface<Wrong> {};

INSTANTIATE_TEST_SUITE_P(
    Of, Refusal,
    testing::Values(
        Wrong{"APeersMacTwice", [](auto& c) { c.nodes[2].mac = c.nodes[1].mac; },
              ErrorCode::invalid_argument, "belongs to node 'n1'"},
        Wrong{"OverlappingBlocks", [](auto& c) { c.nodes[2].blocks[0] = c.nodes[1].blocks[0]; },
              ErrorCode::invalid_argument, ""},
        Wrong{"OurOwnEndpoint", [](auto& c) { c.nodes[1].endpoint = c.nodes[0].endpoint; },
              ErrorCode::invalid_argument, "node 'n1': endpoint 172.16.0.1 belongs to node 'n0'"},
        Wrong{"AnMtuTooSmallForIpv6", [](auto& c) { c.settings.underlay_mtu = UnderlayMtu{1329}; },
              ErrorCode::invalid_argument, "leaves less than 1280 for pods"},
        Wrong{"APortInUse", [](auto& c) { c.settings.port = kTaken; }, ErrorCode::conflict,
              "UDP port 7777 is in use"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST_P(Refusal, ChangesNothingAndTheTunnelWorksOn) {
    TunnelWorld world{{.nodes = 3}};
    world.apply_all();
    UdpSocket occupant{world.network(0), ip("0.0.0.0"), kTaken};
    const std::string before = everything(world, 0);
    const SampleCluster good = world.cluster;
    GetParam().make(world.cluster);

    const auto refused = world.apply(0);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), GetParam().code) << refused.error().to_string();
    EXPECT_THAT(refused.error().text(), HasSubstr(GetParam().message));
    EXPECT_EQ(everything(world, 0), before);
    world.cluster = good;
    EXPECT_TRUE(must(world.apply(0)).empty());
}

class FirstApply : public support::NetworkTest {};

TEST_F(FirstApply, LeavesNoDeviceBehindWhereThePortIsInUse) {
    TunnelWorld world{{.nodes = 2}};
    world.cluster.settings.port = kTaken;
    std::optional<UdpSocket> occupant{std::in_place, world.network(0), ip("0.0.0.0"), kTaken};

    const auto refused = world.apply(0);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_FALSE(must(find_link(world.netlink(0), InterfaceName{"flat0"})));
    occupant.reset();
    EXPECT_TRUE(world.apply(0));
}

TEST_F(FirstApply, RefusesAnInterfaceThatIsNoTunnel) {
    TunnelWorld world{{.nodes = 2}};
    must(create_veth(world.netlink(0),
                     {.near = {.name = InterfaceName{"flat0"}, .mac = MacAddress::local_from(8)},
                      .far = {.name = InterfaceName{"other"}, .mac = MacAddress::local_from(9)}}));
    const auto refused = world.apply(0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_EQ(must(get_link(world.netlink(0), InterfaceName{"flat0"})).kind, "veth");
}

TEST_F(FirstApply, MovesToAnotherPortAndVniAndBack) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    for (const std::uint16_t number : {std::uint16_t{8472}, std::uint16_t{4789}}) {
        world.cluster.settings.port = Port{number};
        world.cluster.settings.vni = Vni{number};
        world.apply_all();
        UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv6)};
        UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv6)};
        EXPECT_EQ(exchange(one, other), "");
    }
}

// As it is left by a process that ended between the two requests.
TEST_F(FirstApply, MovesThoughADeviceOfATrialWasLeft) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    world.run(0, "ip link add flat0-trial type vxlan id 7 dstport 8472");
    world.cluster.settings.port = Port{8472};
    world.apply_all();
    EXPECT_FALSE(must(find_link(world.netlink(0), InterfaceName{"flat0-trial"})));
}

// A device of such an MTU has no IPv6, so no address of its own there to go without.
TEST_F(FirstApply, MakesATunnelTooNarrowForIpv6WherePodsHaveNone) {
    TunnelWorld world{{.nodes = 2, .ipv6 = false, .underlay_mtu = UnderlayMtu{1300}}};
    world.apply_all();
    EXPECT_TRUE(must(world.apply(0)).empty());
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv4)};
    EXPECT_EQ(exchange(one, other), "");
}

TEST_F(FirstApply, IsUndoneByRemove) {
    TunnelWorld world{{.nodes = 3}};
    world.apply_all();
    must(world.backend(0).remove());
    EXPECT_FALSE(must(find_link(world.netlink(0), InterfaceName{"flat0"})));
    EXPECT_EQ(world.run(0, "ip nexthop"), "");
    must(world.backend(0).remove());
}

}  // namespace
}  // namespace flatlan::tunnel
