#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>

#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/running_link.hpp"
#include "tests/support/udp_socket.hpp"
#include "tests/unit/tunnel/engine/packets.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

void set_option(const UdpSocket& socket, int option, int value) {
    ASSERT_EQ(::setsockopt(socket.fd(), IPPROTO_IP, option, &value, sizeof value), 0);
}

class RefusedPackets : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        world_.emplace(SampleShape{.nodes = 2}, EndKind::veth, EndKind::veth);
        world().apply_all();
    }

    UserWorld& world() { return *world_; }
    const TunnelNode& peer() { return world().cluster.nodes[1]; }
    Counters of_peer() { return world().user(0).find_counters(peer().endpoint).value(); }
    IpAddress ipv4_of(std::size_t node) { return world().overlay(node, IpFamily::ipv4); }

private:
    std::optional<UserWorld> world_;
};

// Larger than the way to the peer and not forbidden to be cut: the engine makes fragments of it.
TEST_F(RefusedPackets, ByTheUnderlayCountOnceAsNotSent) {
    TunnelWanted wanted = world().cluster.wanted_for(0);
    const std::array narrow{PathMtu{peer().name, UnderlayMtu{1400}}};
    wanted.narrow_paths = narrow;
    must(world().backend(0).apply(wanted));
    // The kernel would cut it itself.
    world().run(0, "ip route replace 10.128.0.64/26 via 169.254.0.1 dev flat0 onlink");
    UdpSocket pod{world().network(0), ipv4_of(0)};
    set_option(pod, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    const UdpSocket silent{world().network(1), ipv4_of(1)};
    const std::string text(1400, 'x');
    const auto send_one = [&] {
        const Counters before = of_peer();
        EXPECT_EQ(pod.send(silent.endpoint(), text), "");
        EXPECT_TRUE(support::eventually([&] { return of_peer().packets() > before.packets(); }));
        return before;
    };

    const Counters at_first = send_one();
    EXPECT_EQ(of_peer().sent_packets, at_first.sent_packets + 1);
    EXPECT_EQ(of_peer().sent_octets, at_first.sent_octets + 20 + 8 + text.size());
    EXPECT_EQ(of_peer().packets(), at_first.packets() + 1);

    world().run(0, "ip route add blackhole 172.16.0.2");
    const Counters before = send_one();
    EXPECT_EQ(of_peer().dropped_for(DropReason::not_sent),
              before.dropped_for(DropReason::not_sent) + 1);
    EXPECT_EQ(of_peer().sent_packets, before.sent_packets);
    EXPECT_EQ(of_peer().sent_octets, before.sent_octets);
    EXPECT_EQ(of_peer().packets(), before.packets() + 1);
}

/// A datagram whose packet the engine has to change: it was marked on the way (RFC 6040).
std::string marked_datagram(const SampleCluster& cluster) {
    Octets out(VxlanHeader::kSizeBytes + EthernetHeader::kSizeBytes);
    const std::span front{out};
    VxlanHeader{cluster.settings.vni}.write(front.first<VxlanHeader::kSizeBytes>());
    EthernetHeader{cluster.nodes[0].mac, cluster.nodes[1].mac, EtherType::ipv4}.write(
        front.last<EthernetHeader::kSizeBytes>());
    out = out + UdpPacket{.source = cluster.nodes[1].overlay.find(IpFamily::ipv4).value(),
                          .destination = cluster.nodes[0].overlay.find(IpFamily::ipv4).value(),
                          .traffic_class = TrafficClass{.dscp = {}, .ecn = Ecn::ect0}}
                    .build();
    std::string text;
    for (const std::byte octet : out)
        text.push_back(std::to_integer<char>(octet));
    return text;
}

TEST_F(RefusedPackets, ByThePodsSideCountOnceAsNotDelivered) {
    UdpSocket socket{world().network(1), peer().endpoint};
    set_option(socket, IP_TOS, TrafficClass{.dscp = {}, .ecn = Ecn::ce}.octet());
    world().run(0, "ip link set flat0u down");
    const Counters before = of_peer();
    const Counters all_before = world().user(0).counters();

    EXPECT_EQ(socket.send({world().cluster.nodes[0].endpoint, kVxlanPort},
                          marked_datagram(world().cluster)),
              "");

    EXPECT_TRUE(support::eventually([&] { return of_peer().packets() > before.packets(); }));
    EXPECT_EQ(of_peer().dropped_for(DropReason::not_delivered),
              before.dropped_for(DropReason::not_delivered) + 1);
    EXPECT_EQ(of_peer().received_packets, before.received_packets);
    EXPECT_EQ(of_peer().received_octets, before.received_octets);
    EXPECT_EQ(world().user(0).counters().packets(), all_before.packets() + 1);
}

// Without anybody who puts it right: the queue itself goes on.
TEST_F(RefusedPackets, AreNoMoreOnceTheFarEndIsUpAgain) {
    UdpSocket one{world().network(0), ipv4_of(0)};
    UdpSocket other{world().network(1), ipv4_of(1)};
    for (int round = 0; round < 3; ++round) {
        world().run(0, "ip link set flat0u down");
        world().user(0).counters();  // the queue has noticed
        world().run(0, "ip link set flat0u up");
        support::wait_until_running(world().network(0), world().backend(0).device());
        EXPECT_EQ(one.send(other.endpoint(), "from a pod"), "");
        EXPECT_TRUE(other.receive()) << "round " << round;
    }
}

}  // namespace
}  // namespace flatlan::tunnel
