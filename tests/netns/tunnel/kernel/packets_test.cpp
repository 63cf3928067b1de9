#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

/// Octets of IP and UDP header.
std::size_t headers_bytes(IpFamily family) { return (family == IpFamily::ipv4 ? 20 : 40) + 8; }

class Packets : public support::NetworkTest, public testing::WithParamInterface<IpFamily> {};

class Ipv4Alone : public support::NetworkTest {};

INSTANTIATE_TEST_SUITE_P(Underlay, Packets, testing::ValuesIn(kFamilies),
                         [](const auto& test) { return std::string{to_string(test.param)}; });

TEST_P(Packets, ReachEveryNodeFromEveryNodeWithTheSendersOwnAddress) {
    TunnelWorld world{{.nodes = 3, .underlay = GetParam()}};
    world.apply_all();
    for (const IpFamily family : kFamilies)
        for (std::size_t from = 0; from < 3; ++from)
            for (std::size_t to = 0; to < 3; ++to) {
                UdpSocket one{world.network(from), world.overlay(from, family)};
                UdpSocket other{world.network(to), world.overlay(to, family)};
                EXPECT_EQ(exchange(one, other), "");
            }
}

TEST_P(Packets, OfTheTunnelsMtuPassAndOneOctetMoreIsRefused) {
    TunnelWorld world{{.nodes = 2, .underlay = GetParam()}};
    world.apply_all();
    const std::size_t mtu = GetParam() == IpFamily::ipv4 ? 1450 : 1430;
    for (const IpFamily family : kFamilies) {
        SCOPED_TRACE(to_string(family));
        UdpSocket sender{world.network(0), world.overlay(0, family)};
        UdpSocket receiver{world.network(1), world.overlay(1, family)};
        const std::string fits(mtu - headers_bytes(family), 'x');
        EXPECT_EQ(sender.send(receiver.endpoint(), fits), "");
        EXPECT_TRUE(receiver.receive());
        EXPECT_EQ(sender.send(receiver.endpoint(), fits + "x"), "Message too long");
    }
}

TEST_P(Packets, OfANarrowPathHaveItsMtu) {
    TunnelWorld world{{.nodes = 3, .underlay = GetParam()}};
    world.apply_all();
    world.narrow_paths = {{world.cluster.nodes[1].name, UnderlayMtu{1400}}};
    EXPECT_EQ(must(world.apply(0)).replaced, 2U);
    const std::size_t mtu = GetParam() == IpFamily::ipv4 ? 1350 : 1330;
    for (const IpFamily family : kFamilies) {
        SCOPED_TRACE(to_string(family));
        UdpSocket sender{world.network(0), world.overlay(0, family)};
        UdpSocket narrow{world.network(1), world.overlay(1, family)};
        UdpSocket wide{world.network(2), world.overlay(2, family)};
        const std::string fits(mtu - headers_bytes(family), 'x');
        EXPECT_EQ(sender.send(narrow.endpoint(), fits), "");
        EXPECT_TRUE(narrow.receive());
        EXPECT_EQ(sender.send(narrow.endpoint(), fits + "x"), "Message too long");
        EXPECT_EQ(sender.send(wide.endpoint(), fits + "x"), "");
        EXPECT_TRUE(wide.receive());
    }
    world.narrow_paths.clear();
    EXPECT_EQ(must(world.apply(0)).replaced, 2U);
    for (const char* const routes : {"ip route show dev flat0", "ip -6 route show dev flat0"})
        EXPECT_EQ(world.run(0, routes).find(" mtu "), std::string::npos);
}

TEST_P(Packets, NeedNoLearntNeighbourAnywhere) {
    TunnelWorld world{{.nodes = 3, .underlay = GetParam()}};
    world.apply_all();
    for (const IpFamily family : kFamilies) {
        UdpSocket one{world.network(0), world.overlay(0, family)};
        UdpSocket other{world.network(2), world.overlay(2, family)};
        EXPECT_EQ(exchange(one, other), "");
    }
    for (std::size_t i = 0; i < world.size(); ++i)
        EXPECT_EQ(must(count_learnt_neighbours(world.netlink(i))), 0U);
}

// A cluster of one family, in a namespace where the other one is switched off.
TEST_F(Ipv4Alone, NeedsNoIpv6InTheKernel) {
    TunnelWorld world{{.nodes = 2, .ipv6 = false}};
    for (std::size_t i = 0; i < 2; ++i)
        world.run(i,
                  "sysctl -w net.ipv6.conf.all.disable_ipv6=1 "
                  "net.ipv6.conf.default.disable_ipv6=1");
    world.apply_all();
    EXPECT_TRUE(must(world.apply(0)).empty());

    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv4)};
    EXPECT_EQ(exchange(one, other), "");
    EXPECT_EQ(world.run(0, "ip -6 neighbour show dev flat0"), "");
}

}  // namespace
}  // namespace flatlan::tunnel
