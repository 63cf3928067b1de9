#include "overlay/base/prng.hpp"
#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/udp_socket.hpp"
#include "tests/unit/tunnel/engine/packets.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

class Garbage : public support::NetworkTest {};

std::string text_of(const Octets& octets) {
    std::string text;
    for (const std::byte octet : octets)
        text.push_back(std::to_integer<char>(octet));
    return text;
}

/// A datagram that node 0 takes from node 1.
Octets good_datagram(const SampleCluster& cluster) {
    Octets out(VxlanHeader::kSizeBytes + EthernetHeader::kSizeBytes);
    const std::span front{out};
    VxlanHeader{cluster.settings.vni}.write(front.first<VxlanHeader::kSizeBytes>());
    EthernetHeader{cluster.nodes[0].mac, cluster.nodes[1].mac, EtherType::ipv4}.write(
        front.last<EthernetHeader::kSizeBytes>());
    return out + UdpPacket{.source = cluster.nodes[1].overlay.find(IpFamily::ipv4).value(),
                           .destination = cluster.nodes[0].overlay.find(IpFamily::ipv4).value()}
                     .build();
}

/// What a faulty or hostile sender makes of it; at times it stays good.
Octets spoilt(Prng& prng, Octets datagram) {
    switch (prng.below(6)) {
        case 0:
            datagram.resize(prng.below(datagram.size() + 1));
            return datagram;
        case 1:
            return random_octets(prng, prng.below(1400));
        case 2:
            return datagram + random_octets(prng, prng.below(64));
        case 3:
            return datagram;
        default:
            for (std::uint64_t flips = 1 + prng.below(4); flips > 0; --flips)
                datagram[prng.below(datagram.size())] ^=
                    static_cast<std::byte>(1U << prng.below(8));
            return datagram;
    }
}

// From a peer's own endpoint and from an address that is nobody's.
TEST_F(Garbage, IntoThePortIsCountedAndHandedToNobodyItIsNotFor) {
    UserWorld world{{.nodes = 2}, EndKind::veth, EndKind::veth};
    world.apply_all();
    UserBackend& user = world.user(0);
    UdpSocket peer{world.network(1), world.cluster.nodes[1].endpoint};
    world.run(1, "ip address add 172.16.0.77/12 dev eth0");
    UdpSocket stranger{world.network(1), support::ip("172.16.0.77")};
    const Endpoint port{world.cluster.nodes[0].endpoint, kVxlanPort};
    const Octets good = good_datagram(world.cluster);

    const Counters before = user.counters();
    // What came in; answers of the kernel to what was handed over go out by the same tunnel.
    const auto arrived = [&] {
        const Counters from_peer = user.find_counters(world.cluster.nodes[1].endpoint).value();
        return from_peer.packets() - from_peer.sent_packets +
               user.counters().dropped_for(DropReason::unknown_endpoint);
    };
    const std::uint64_t arrived_before = arrived();
    const auto counted = [&] { return arrived() - arrived_before; };
    const std::uint64_t datagrams =
        support::rounds("user backend: datagrams into its port", 1'000'000, 20'000);
    std::uint64_t from_stranger = 0;
    for (std::uint64_t seed = 0; seed < datagrams; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        const bool strange = prng.chance(1, 8);
        from_stranger += strange ? 1 : 0;
        ASSERT_EQ((strange ? stranger : peer).send(port, text_of(spoilt(prng, good))), "");
        // The receiver's room is limited: it gets time to keep up.
        constexpr std::uint64_t kAhead = 512;
        if ((seed + 1) % kAhead == 0) {
            ASSERT_TRUE(support::eventually([&] { return counted() == seed + 1; })) << counted();
        }
    }
    ASSERT_TRUE(support::eventually([&] { return counted() == datagrams; }));

    const Counters after = user.counters();
    EXPECT_EQ(after.dropped_for(DropReason::unknown_endpoint) -
                  before.dropped_for(DropReason::unknown_endpoint),
              from_stranger);
    EXPECT_GE(after.received_packets - before.received_packets, datagrams / 12);
    EXPECT_GT(after.dropped_for(DropReason::truncated), before.dropped_for(DropReason::truncated));
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket other{world.network(1), world.overlay(1, IpFamily::ipv4)};
    EXPECT_EQ(exchange(one, other), "");
}

}  // namespace
}  // namespace flatlan::tunnel
