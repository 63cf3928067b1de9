#include <algorithm>
#include <atomic>
#include <thread>

#include "overlay/linux/route.hpp"
#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

/// How many things a repair put right, so that a test can say "one".
std::uint64_t total(const TunnelChange& change) {
    return change.added + change.replaced + change.removed;
}

/// What someone did to node 0 of two, and how many repairs that takes over each kind of device;
/// zero where it cannot be done there.
struct Damage {
    const char* name;
    std::vector<const char*> commands;
    std::uint64_t repairs_of_tun;
    std::uint64_t repairs_of_veth;
};

const std::vector<Damage>& damages() {
    static const std::vector<Damage> all{
        {"Ipv4RouteDeleted", {"ip route del 10.128.0.64/26"}, 1, 1},
        {"Ipv6RouteDeleted", {"ip -6 route del fd00:128::40/122"}, 1, 1},
        {"RoutesFlushed", {"ip route flush dev flat0", "ip -6 route flush dev flat0"}, 2, 2},
        {"RouteReplaced", {"ip route replace 10.128.0.64/26 dev eth0"}, 1, 1},
        {"Ipv6RouteReplaced", {"ip -6 route replace fd00:128::40/122 dev eth0"}, 1, 1},
        {"RouteTurnedUnreachable", {"ip route replace unreachable 10.128.0.64/26"}, 1, 1},
        {"RouteWithAnMtu",
         {"ip route replace 10.128.0.64/26 via 169.254.0.1 dev flat0 onlink src 10.128.0.1 "
          "mtu 1000 proto 0xf1"},
         1,
         1},
        {"StrayRoute", {"ip route add 10.128.99.0/26 dev flat0 proto 0xf1"}, 1, 1},
        {"NeighbourDeleted", {"ip neighbour del 169.254.0.1 dev flat0"}, 0, 1},
        {"NeighbourChanged",
         {"ip neighbour replace fe80::1 dev flat0 lladdr 02:00:00:00:00:99"},
         0,
         1},
        {"NeighbourNoMorePermanent",
         {"ip neighbour replace 169.254.0.1 dev flat0 lladdr 02:00:00:00:00:99 nud stale"},
         0,
         1},
        {"NeighboursFlushed", {"ip -6 neighbour flush dev flat0 nud permanent"}, 0, 1},
        // IPv4 takes the route along that names the address as its source.
        {"OwnAddressDeleted", {"ip address del 10.128.0.1/32 dev lo"}, 2, 2},
        {"OwnAddressDeletedAndAdded",
         {"ip address del 10.128.0.1/32 dev lo", "ip address add 10.128.0.1/32 dev lo"},
         1,
         1},
        {"OwnIpv6AddressDeleted", {"ip address del fd00:128::1/128 dev lo"}, 2, 2},
        {"MtuChanged", {"ip link set flat0 mtu 1400"}, 1, 1},
        // IPv6 leaves a device of such an MTU.
        {"MtuTooSmallForIpv6", {"ip link set flat0 mtu 1000"}, 2, 3},
        // A new address of its own makes the kernel forget the neighbours.
        {"MacChanged", {"ip link set flat0 address 02:00:00:00:00:77"}, 0, 3},
        {"DeviceDown", {"ip link set flat0 down"}, 3, 5},
        {"DeviceDownAndUp", {"ip link set flat0 down", "ip link set flat0 up"}, 2, 4},
        {"DeviceDeleted", {"ip link del flat0"}, 3, 5},
        {"DeviceRenamed", {"ip link set flat0 down", "ip link set flat0 name other"}, 3, 5},
        {"FarEndDown", {"ip link set flat0u down"}, 0, 5},
        {"FarEndDeleted", {"ip link del flat0u"}, 0, 5},
        {"ForwardingOff", {"sysctl -qw net.ipv4.ip_forward=0"}, 1, 1},
        {"ForwardingOffForTheDevice", {"sysctl -qw net.ipv4.conf.flat0.forwarding=0"}, 1, 1},
        {"Ipv6ForwardingOff", {"sysctl -qw net.ipv6.conf.all.forwarding=0"}, 1, 1},
        // The neighbour goes with IPv6, and the route.
        {"Ipv6Off", {"sysctl -qw net.ipv6.conf.flat0.disable_ipv6=1"}, 2, 3}};
    return all;
}

struct DamagedDevice {
    EndKind kind;
    const Damage* damage;
    std::uint64_t repairs;
};

std::string name_of(const DamagedDevice& damaged) {
    return std::string{damaged.damage->name} + "Over" + to_string(damaged.kind);
}
void PrintTo(const DamagedDevice& damaged, std::ostream* out) { *out << name_of(damaged); }

std::vector<DamagedDevice> damaged_devices() {
    std::vector<DamagedDevice> all;
    for (const Damage& damage : damages()) {
        if (damage.repairs_of_tun > 0)
            all.push_back({EndKind::tun, &damage, damage.repairs_of_tun});
        if (damage.repairs_of_veth > 0)
            all.push_back({EndKind::veth, &damage, damage.repairs_of_veth});
    }
    return all;
}

class UserRepair : public support::NetworkTest, public testing::WithParamInterface<DamagedDevice> {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (GetParam().kind == EndKind::tun && !may_open_tun())
            GTEST_SKIP() << "/dev/net/tun may not be opened here";
    }
};

INSTANTIATE_TEST_SUITE_P(After, UserRepair, testing::ValuesIn(damaged_devices()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(UserRepair, TakesTheFewestChangesAndBringsPacketsBack) {
    UserWorld world{{.nodes = 2}, GetParam().kind, EndKind::veth};
    world.apply_all();
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    for (const char* const command : GetParam().damage->commands)
        world.run(0, command);

    // That the far end is down the kernel notices a moment later.
    EXPECT_TRUE(support::eventually([&] { return !must(world.backend(0).is_untouched()); }));
    EXPECT_FALSE(must(world.backend(0).is_untouched())) << "nothing was repaired yet";
    EXPECT_EQ(total(must(world.apply(0))), GetParam().repairs);

    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    world.apply_all();
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    EXPECT_TRUE(must(world.apply(0)).empty());
    expect_working(world);
}

class UserWatch : public support::NetworkTest {};

TEST_F(UserWatch, IsDeafToWhatIsNoBusinessOfTheTunnel) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    for (const char* const command :
         {"ip link add p1 type veth peer name p2", "ip link set p1 up",
          "ip address add 10.128.0.3/32 dev p1", "ip route add 192.0.2.0/24 dev p1",
          "ip neighbour add 192.0.2.1 dev p1 lladdr 02:00:00:00:00:01 nud permanent",
          "ip address add 192.0.2.7/32 dev lo", "ip route del 192.0.2.0/24", "ip link del p1",
          "ip route add 192.0.2.0/24 dev eth0 table 7", "sysctl -qw net.ipv4.ip_forward=1"})
        world.run(0, command);
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
}

TEST_F(UserWatch, HearsThatAddressesOfNobodyMayLeave) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.run(0, "ip route add unreachable 10.128.0.0/9 proto 0xf1");
    world.apply_all();
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    world.run(0, "ip route del unreachable 10.128.0.0/9");
    EXPECT_FALSE(must(world.backend(0).is_untouched()));
}

TEST_F(UserWatch, DoesNotTakeItsOwnChangesForDamage) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    auto& nodes = world.cluster.nodes;
    for (std::size_t i = 2; i < 600; ++i)
        nodes.push_back(sample_node({}, i));
    must(world.apply(0));
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
    nodes.erase(nodes.begin() + 20, nodes.end());
    for (std::size_t i = 0; i < nodes.size(); ++i)
        nodes[i].blocks.push_back(sample_block(IpFamily::ipv4, 1000 + i));
    world.cluster.settings.underlay_mtu = UnderlayMtu{1400};
    must(world.apply(0));
    EXPECT_TRUE(must(world.backend(0).is_untouched()));
}

// Of many peers, so that there is time for it while the tables are compared.
TEST_F(UserWatch, HearsWhatHappensDuringAnApply) {
    constexpr int kRounds = 100;
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    for (std::size_t i = 2; i < 200; ++i)
        world.cluster.nodes.push_back(sample_node({}, i));
    must(world.apply(0));
    auto netlink = netlink_in(world.network(0));
    const flatlan::Route route{.destination = world.cluster.nodes[1].blocks.front()};
    const auto is_there = [&] {
        const auto routes = must(list_routes(netlink));
        return std::any_of(routes.begin(), routes.end(), [&](const flatlan::Route& one) {
            return one.destination == route.destination;
        });
    };
    for (int round = 0; round < kRounds; ++round) {
        std::atomic<bool> removed = false;
        std::thread vandal{[&] {
            must(remove_route(netlink, route));
            removed = true;
        }};
        while (!removed)
            must(world.apply(0));
        vandal.join();
        ASSERT_TRUE(!must(world.backend(0).is_untouched()) || is_there()) << "round " << round;
        must(world.apply(0));
    }
}

}  // namespace
}  // namespace flatlan::tunnel
