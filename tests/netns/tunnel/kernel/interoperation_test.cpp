#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

class Interoperation : public support::NetworkTest, public testing::WithParamInterface<IpFamily> {
protected:
    /// Makes node 1's end with tools alone, as anybody would.
    static void make_by_hand(const TunnelWorld& world) {
        const TunnelNode& far = world.cluster.nodes[0];
        const TunnelNode& own = world.cluster.nodes[1];
        const auto do_it = [&](const std::string& command) { world.run(1, command); };
        do_it("ip link add vx type vxlan id 1 dstport 4789 nolearning local " +
              to_string(own.endpoint));
        do_it("ip link set vx mtu 1430 address " + to_string(own.mac));
        do_it("ip link set vx up");
        do_it("bridge fdb add " + to_string(far.mac) + " dev vx dst " + to_string(far.endpoint));
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            const std::string gateway = to_string(far.overlay.find(family).value());
            const std::string address = to_string(own.overlay.find(family).value());
            const std::string at_once = family == IpFamily::ipv6 ? " nodad" : "";
            do_it("ip address add " + address + " dev vx" + at_once);
            do_it("ip neighbour add " + gateway + " dev vx lladdr " + to_string(far.mac));
            do_it("ip route add " + gateway + " dev vx src " + address);
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Underlay, Interoperation, testing::Values(IpFamily::ipv4, IpFamily::ipv6),
                         [](const auto& test) { return std::string{to_string(test.param)}; });

TEST_P(Interoperation, WithAVxlanMadeByHand) {
    TunnelWorld world{{.nodes = 2, .underlay = GetParam()}};
    must(world.apply(0));
    make_by_hand(world);
    world.wait_until_local();
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        UdpSocket ours{world.network(0), world.overlay(0, family)};
        UdpSocket theirs{world.network(1), world.overlay(1, family)};
        EXPECT_EQ(exchange(ours, theirs), "");
    }
}

}  // namespace
}  // namespace flatlan::tunnel
