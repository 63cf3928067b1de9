#include <gmock/gmock.h>

#include "overlay/linux/veth.hpp"
#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::ip;
using support::must;
using support::UdpSocket;
using testing::HasSubstr;

constexpr Port kTaken{7777};

/// A wanted state that cannot be had, once the tunnel works.
struct Wrong {
    const char* name;
    void (*make)(SampleCluster& cluster);
    ErrorCode code;
    const char* message;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

class UserRefusal : public support::NetworkTest, public testing::WithParamInterface<Wrong> {};

INSTANTIATE_TEST_SUITE_P(
    Of, UserRefusal,
    testing::Values(
        Wrong{"APeerTwice",
              [](auto& c) {
                  c.nodes.push_back(c.nodes[1]);
                  c.nodes[2].mac = MacAddress::local_from(9);
              },
              ErrorCode::invalid_argument, "'n1'"},
        Wrong{"APeersMacTwice", [](auto& c) { c.nodes[1].mac = c.nodes[0].mac; },
              ErrorCode::invalid_argument, "belongs to node 'n0'"},
        Wrong{"OverlappingBlocks", [](auto& c) { c.nodes[1].blocks[0] = c.nodes[0].blocks[0]; },
              ErrorCode::invalid_argument, ""},
        Wrong{"OurOwnEndpoint", [](auto& c) { c.nodes[1].endpoint = c.nodes[0].endpoint; },
              ErrorCode::invalid_argument, "node 'n1': endpoint 172.16.0.1 belongs to node 'n0'"},
        Wrong{"AnMtuTooSmallForIpv6", [](auto& c) { c.settings.underlay_mtu = UnderlayMtu{1329}; },
              ErrorCode::invalid_argument, "leaves less than 1280 for pods"},
        Wrong{"APortInUse", [](auto& c) { c.settings.port = kTaken; }, ErrorCode::conflict,
              "UDP port 7777 is in use"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST_P(UserRefusal, ChangesNothingAndTheTunnelWorksOn) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    UdpSocket occupant{world.network(0), ip("0.0.0.0"), kTaken};
    const SampleCluster good = world.cluster;
    const std::string routes = world.run(0, "ip route show table all");
    GetParam().make(world.cluster);

    const auto refused = world.apply(0);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), GetParam().code) << refused.error().to_string();
    EXPECT_THAT(refused.error().text(), HasSubstr(GetParam().message));
    EXPECT_EQ(world.run(0, "ip route show table all"), routes);
    world.cluster = good;
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv4)};
    EXPECT_EQ(exchange(one, other), "");
    EXPECT_TRUE(must(world.apply(0)).empty());
}

class UserChange : public support::NetworkTest {};

TEST_F(UserChange, LeavesNoDeviceBehindWhereThePortIsInUse) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.cluster.settings.port = kTaken;
    std::optional<UdpSocket> occupant{std::in_place, world.network(0), ip("0.0.0.0"), kTaken};
    const auto refused = world.apply(0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    auto netlink = netlink_in(world.network(0));
    EXPECT_FALSE(must(find_link(netlink, InterfaceName{"flat0"})));
    occupant.reset();
    EXPECT_TRUE(world.apply(0));
}

TEST_F(UserChange, SharesItsPortWithNobody) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth, {.queues = 2}};
    world.apply_all();
    const auto second =
        open_receivers(world.network(0), {world.cluster.nodes[0].endpoint, kVxlanPort}, 2);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::conflict);
}

TEST_F(UserChange, RefusesAnInterfaceThatIsNotItsOwn) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    auto netlink = netlink_in(world.network(0));
    must(create_veth(netlink,
                     {.near = {.name = InterfaceName{"flat0"}, .mac = MacAddress::local_from(8)},
                      .far = {.name = InterfaceName{"other"}, .mac = MacAddress::local_from(9)}}));
    const auto refused = world.apply(0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(must(get_link(netlink, InterfaceName{"other"})).kind, "veth");
}

TEST_F(UserChange, SaysWhatWouldHelpWhereTunMayNotBeOpened) {
    if (may_open_tun()) GTEST_SKIP() << "/dev/net/tun may be opened here";
    UserWorld world{{.nodes = 2}, EndKind::tun, EndKind::tun};
    const auto refused = world.apply(0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::forbidden);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("/dev/net/tun"));
    auto fallen_back = must(UserBackend::open(world.network(0)));
    EXPECT_TRUE(fallen_back.apply(world.cluster.wanted_for(0)));
    EXPECT_FALSE(fallen_back.uses_tun());
}

TEST_F(UserChange, MovesToAnotherPortVniAndMtuAndBack) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    for (const std::uint16_t number : {std::uint16_t{8472}, std::uint16_t{4789}}) {
        world.cluster.settings.port = Port{number};
        world.cluster.settings.vni = Vni{number};
        world.cluster.settings.underlay_mtu = UnderlayMtu{number == 8472 ? 1400U : 1500U};
        world.apply_all();
        expect_working(world);
        EXPECT_TRUE(must(world.apply(0)).empty());
    }
}

TEST_F(UserChange, TakesABlockMoreAndABlockLess) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    const SampleCluster before = world.cluster;
    world.cluster.nodes[1].blocks.push_back(sample_block(IpFamily::ipv4, 9));
    EXPECT_EQ(must(world.apply(0)).added, 1U);
    EXPECT_TRUE(must(world.apply(1)).empty());
    EXPECT_THAT(world.run(0, "ip route get 10.128.2.65"), HasSubstr("dev flat0"));
    world.cluster = before;
    EXPECT_EQ(must(world.apply(0)).removed, 1U);
    EXPECT_TRUE(must(world.apply(1)).empty());
    expect_working(world);
}

TEST_F(UserChange, MakesItsDeviceAndRoutesAnewWhenSomebodyRemovedThem) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    world.run(0, "ip link delete flat0");
    EXPECT_FALSE(must(world.apply(0)).empty());
    world.apply_all();
    expect_working(world);
    world.run(0, "ip route flush proto 0xf1");
    EXPECT_EQ(must(world.apply(0)).added, 1U);
    expect_working(world);
}

TEST_F(UserChange, LeavesNothingBehindWhenRemoved) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    must(world.backend(0).remove());
    must(world.backend(0).remove());
    EXPECT_EQ(world.run(0, "ip -br link show type veth").find("flat0"), std::string::npos);
    EXPECT_EQ(world.run(0, "ip route show proto 0xf1"), "");
    world.apply_all();
    expect_working(world);
}

}  // namespace
}  // namespace flatlan::tunnel
