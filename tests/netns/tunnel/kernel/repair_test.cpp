#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"
#include "tunnel/filter/filter_rules.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

/// How many things a repair put right, so that a test can say "one".
std::uint64_t total(const TunnelChange& change) {
    return change.added + change.replaced + change.removed;
}

class Adoption : public support::NetworkTest {};

TEST_F(Adoption, OfATunnelThatIsAsWantedChangesNothing) {
    for (const IpFamily underlay : {IpFamily::ipv4, IpFamily::ipv6}) {
        TunnelWorld world{{.nodes = 40, .underlay = underlay}};
        const auto first = must(world.apply(0));
        EXPECT_EQ(first.replaced, 3U);  // both families' forwarding, and the device's
        EXPECT_EQ(first.removed, 0U);
        EXPECT_TRUE(must(world.apply(0)).empty());
        auto successor = must(KernelBackend::open(world.network(0)));
        EXPECT_TRUE(must(successor.apply(world.cluster.wanted_for(0))).empty());
    }
}

TEST_F(Adoption, KeepsTheNextHopNumbersOfAnEarlierProcess) {
    TunnelWorld world{{.nodes = 3}};
    must(world.apply(0));
    // Someone gave the next hops other numbers, and the routes with them.
    const std::string before = world.run(0, "ip nexthop show dev flat0");
    const auto id = before.substr(3, before.find(' ', 3) - 3);
    const auto gateway =
        before.substr(before.find("via ") + 4, before.find(" dev") - before.find("via ") - 4);
    world.run(0, "ip nexthop add id 77 via " + gateway + " dev flat0 proto 241");
    world.run(0, "ip nexthop del id " + id);

    must(world.apply(0));

    EXPECT_NE(world.run(0, "ip nexthop show id 77").find(gateway), std::string::npos);
    EXPECT_TRUE(must(world.apply(0)).empty());
}

TEST_F(Adoption, TakesAwayCountsThatAreNoLongerWanted) {
    constexpr const char* kTables = "nft list tables";
    TunnelWorld world{{.nodes = 2}};
    must(world.apply(0));
    EXPECT_NE(world.run(0, kTables).find(kFilterTable), std::string::npos);
    world.cluster.settings.peer_counts = PeerCounts::off;
    auto successor = must(KernelBackend::open(world.network(0)));
    for (const std::uint64_t changes : {1, 0}) {
        EXPECT_EQ(total(must(successor.apply(world.cluster.wanted_for(0)))), changes);
        EXPECT_EQ(world.run(0, kTables), "");
    }
    EXPECT_EQ(must(successor.figures(world.cluster.wanted_for(0))).notes,
              std::vector<std::string>{"peers are not counted: peerCounts is off"});
    world.cluster.settings.peer_counts = PeerCounts::on;
    EXPECT_EQ(total(must(successor.apply(world.cluster.wanted_for(0)))), 1U);
    EXPECT_NE(world.run(0, kTables).find(kFilterTable), std::string::npos);
}

TEST_F(Adoption, TakesOverADeviceMadeByHand) {
    TunnelWorld world{{.nodes = 2}};
    world.run(0, "ip link add flat0 type vxlan id 1 dstport 4789 local " +
                     to_string(world.cluster.nodes[0].endpoint) + " noudpcsum");
    world.apply_all();
    EXPECT_TRUE(must(world.apply(0)).empty());
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv6)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv6)};
    EXPECT_EQ(exchange(one, other), "");
}

/// What someone did to node 0 of three, and how many repairs that takes.
struct Damage {
    const char* name;
    std::vector<const char*> commands;
    std::uint64_t repairs;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class Repair : public support::NetworkTest, public testing::WithParamInterface<Damage> {};

// n1 has the MAC address 16:80:0c:bd:7f:7d, so the gateway fe80::1480:cff:febd:7f7d.
INSTANTIATE_TEST_SUITE_P(
    After, Repair,
    testing::Values(
        Damage{"Ipv4RouteDeleted", {"ip route del 10.128.0.64/26"}, 1},
        Damage{"Ipv6RouteDeleted", {"ip -6 route del fd00:128::40/122"}, 1},
        Damage{"RouteReplaced", {"ip route replace 10.128.0.64/26 dev eth0"}, 1},
        Damage{"Ipv6RouteReplaced", {"ip -6 route replace fd00:128::40/122 dev eth0"}, 1},
        Damage{"RouteTurnedUnreachable", {"ip route replace unreachable 10.128.0.64/26"}, 1},
        Damage{"RouteOfAnotherPeer",
               {"ip route replace 10.128.0.64/26 via inet6 fe80::18b8:8ff:fe94:bc6 dev flat0"},
               1},
        Damage{"RouteWithAnMtu",
               {"ip route replace 10.128.0.64/26 via inet6 fe80::1480:cff:febd:7f7d dev flat0 "
                "src 10.128.0.1 mtu 1000"},
               1},
        Damage{"RouteBeforeOurs", {"ip route prepend 10.128.0.64/26 dev flat0"}, 2},
        Damage{"RouteBeforeOursElsewhere", {"ip route prepend 10.128.0.64/26 dev eth0"}, 2},
        Damage{"RouteAfterOursElsewhere", {"ip route append 10.128.0.64/26 dev eth0"}, 2},
        Damage{"RoutesAroundOurs",
               {"ip route prepend 10.128.0.64/26 dev eth0",
                "ip route prepend unreachable 10.128.0.64/26",
                "ip route append 10.128.0.64/26 dev flat0"},
               4},
        Damage{"Ipv6RouteBesideOurs", {"ip -6 route append fd00:128::40/122 dev eth0"}, 2},
        Damage{"StrayRoute", {"ip route add 10.128.99.0/26 dev flat0"}, 1},
        Damage{"StrayIpv6Route", {"ip -6 route add fd00:128::9900/122 dev flat0"}, 1},
        Damage{"NeighbourDeleted", {"ip neighbour del fe80::1480:cff:febd:7f7d dev flat0"}, 1},
        Damage{"NeighbourChanged",
               {"ip neighbour replace fe80::1480:cff:febd:7f7d dev flat0 lladdr 02:00:00:00:00:99"},
               1},
        Damage{"NeighbourNoMorePermanent",
               {"ip neighbour change fe80::1480:cff:febd:7f7d dev flat0 "
                "lladdr 16:80:0c:bd:7f:7d nud stale"},
               1},
        Damage{"NeighbourWithoutArp",
               {"ip neighbour change fe80::1480:cff:febd:7f7d dev flat0 "
                "lladdr 16:80:0c:bd:7f:7d nud noarp"},
               1},
        Damage{"NeighbourFailed",
               {"ip neighbour change fe80::1480:cff:febd:7f7d dev flat0 nud failed"},
               1},
        Damage{"StrayNeighbour",
               {"ip neighbour add 10.128.0.65 dev flat0 lladdr 02:00:00:00:00:99"},
               1},
        Damage{"NeighboursFlushed", {"ip -6 neighbour flush dev flat0 nud permanent"}, 2},
        Damage{"FdbEntryDeleted", {"bridge fdb del 16:80:0c:bd:7f:7d dev flat0"}, 1},
        Damage{"FdbEntryChanged",
               {"bridge fdb replace 16:80:0c:bd:7f:7d dev flat0 dst 172.16.0.3"},
               1},
        Damage{"FdbEntryWithAPort",
               {"bridge fdb replace 16:80:0c:bd:7f:7d dev flat0 dst 172.16.0.2 port 5000"},
               1},
        Damage{"StrayFdbEntry", {"bridge fdb add 02:00:00:00:00:99 dev flat0 dst 172.16.0.9"}, 1},
        Damage{"Flooding", {"bridge fdb append 00:00:00:00:00:00 dev flat0 dst 172.16.0.9"}, 1},
        // A next hop takes its two routes with it.
        Damage{"NexthopsFlushed", {"ip nexthop flush dev flat0"}, 6},
        // IPv4 takes the routes along that name the address as their source.
        Damage{"OwnAddressDeleted", {"ip address del 10.128.0.1/32 dev lo"}, 3},
        Damage{"OwnIpv6AddressDeleted", {"ip address del fd00:128::1/128 dev lo"}, 1},
        Damage{"FilterDeleted", {"nft delete table inet flatlan_tunnel"}, 1},
        Damage{"FiltersFlushed", {"nft flush ruleset"}, 1},
        Damage{"FilterWithARuleLess", {"nft flush chain inet flatlan_tunnel datagram"}, 1},
        Damage{"MtuChanged", {"ip link set flat0 mtu 1400"}, 1},
        // IPv6 leaves a device of such an MTU, and takes the neighbours along.
        Damage{"MtuTooSmallForIpv6", {"ip link set flat0 mtu 1000"}, 3},
        // A new address of its own makes the kernel forget the neighbours.
        Damage{"MacChanged", {"ip link set flat0 address 02:00:00:00:00:77"}, 3},
        Damage{"Learning", {"ip link set flat0 type vxlan id 1 learning"}, 1},
        Damage{"EndpointChanged", {"ip link set flat0 type vxlan id 1 local 172.16.0.99"}, 1},
        Damage{"FragmentsAllowed", {"ip link set flat0 type vxlan id 1 df unset"}, 1},
        Damage{"TosNotInherited", {"ip link set flat0 type vxlan id 1 tos 0"}, 1},
        Damage{"DeviceDown", {"ip link set flat0 down"}, 9},
        Damage{"DeviceDownAndUp", {"ip link set flat0 down", "ip link set flat0 up"}, 8},
        Damage{"DeviceDeleted", {"ip link del flat0"}, 11},
        Damage{"DeviceOfAnotherVni",
               {"ip link del flat0", "ip link add flat0 type vxlan id 2 dstport 4789"},
               11},
        Damage{"DeviceOfAnotherPort",
               {"ip link del flat0", "ip link add flat0 type vxlan id 1 dstport 4790"},
               11},
        Damage{"DeviceWithChecksums",
               {"ip link del flat0",
                "ip link add flat0 type vxlan id 1 dstport 4789 local 172.16.0.1 udpcsum"},
               11},
        Damage{"DeviceRenamed",
               {"ip link set flat0 down", "ip link set flat0 name other", "ip link set other up"},
               9},
        Damage{
            "DeviceRenamedAndDown", {"ip link set flat0 down", "ip link set flat0 name other"}, 9},
        Damage{"ForwardingOff", {"sysctl -qw net.ipv4.ip_forward=0"}, 2},
        Damage{"ForwardingOffForTheDevice", {"sysctl -qw net.ipv4.conf.flat0.forwarding=0"}, 1},
        Damage{"SourcesJudgedByRoutes", {"sysctl -qw net.ipv4.conf.flat0.rp_filter=1"}, 1},
        Damage{"Ipv6ForwardingOff", {"sysctl -qw net.ipv6.conf.all.forwarding=0"}, 1},
        // The neighbours go with IPv6.
        Damage{"Ipv6Off", {"sysctl -qw net.ipv6.conf.flat0.disable_ipv6=1"}, 3}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST_P(Repair, TakesTheFewestChangesAndBringsPacketsBack) {
    TunnelWorld world{{.nodes = 3}};
    world.apply_all();
    for (const char* const command : GetParam().commands)
        world.run(0, command);

    EXPECT_FALSE(must(world.backend(0).is_untouched()));
    EXPECT_EQ(total(must(world.apply(0))), GetParam().repairs);

    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    auto successor = must(KernelBackend::open(world.network(0)));
    EXPECT_TRUE(must(successor.apply(world.cluster.wanted_for(0))).empty());
    world.wait_until_local();
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        for (const std::size_t peer : {1U, 2U}) {
            UdpSocket one{world.network(0), world.overlay(0, family)};
            UdpSocket other{world.network(peer), world.overlay(peer, family)};
            EXPECT_EQ(exchange(one, other), "");
        }
}

class Watch : public support::NetworkTest {};

TEST_F(Watch, IsDeafToWhatIsNoBusinessOfTheTunnel) {
    TunnelWorld world{{.nodes = 3}};
    world.apply_all();
    for (const char* const command :
         {"ip link add p1 type veth peer name p2", "ip link set p1 up",
          "ip address add 10.128.0.3/32 dev p1", "ip route add 192.0.2.0/24 dev p1",
          "ip neighbour add 192.0.2.1 dev p1 lladdr 02:00:00:00:00:01 nud permanent",
          "ip address add 192.0.2.7/32 dev lo", "ip address del 192.0.2.7/32 dev lo",
          "ip route del 192.0.2.0/24", "ip link del p1",
          "ip route add 192.0.2.0/24 dev eth0 table 7", "sysctl -qw net.ipv4.ip_forward=1"})
        world.run(0, command);
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
}

TEST_F(Watch, DoesNotTakeItsOwnChangesForDamage) {
    TunnelWorld world{{.nodes = 2}};
    auto& nodes = world.cluster.nodes;
    for (std::size_t i = 2; i < 600; ++i)
        nodes.push_back(sample_node({}, i));
    must(world.apply(0));
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    nodes.erase(nodes.begin() + 20, nodes.end());
    for (std::size_t i = 0; i < nodes.size(); ++i)
        nodes[i].blocks.push_back(sample_block(IpFamily::ipv4, 1000 + i));
    must(world.apply(0));
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
}

// Without a rest, so that the kernel has more to tell than it may keep for us.
TEST_F(Watch, ReadsAnewAfterMoreThanItCouldHear) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    world.run(0, "ip link add p1 type veth peer name p2");
    std::string batch;
    for (int i = 0; i < 4000; ++i)
        batch += "link set p1 alias a" + std::to_string(i) + "\n";
    world.run(0, "ip route del 10.128.0.64/26");
    const auto file = testing::TempDir() + "flatlan-batch-" + std::to_string(::getpid());
    std::ofstream{file} << batch;
    world.run(0, "ip -batch " + file);
    std::remove(file.c_str());

    EXPECT_FALSE(must(world.backend(0).is_untouched()));
    EXPECT_EQ(total(must(world.apply(0))), 1U);
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
}

}  // namespace
}  // namespace flatlan::tunnel
