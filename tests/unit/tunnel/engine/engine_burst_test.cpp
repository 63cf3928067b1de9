#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/engine_node.hpp"

namespace flatlan::tunnel {
namespace {

class EngineBurst : public testing::TestWithParam<IpFamily> {
protected:
    EngineBurst() {
        one.know(1, 1, 2);
        two.know(2, 1, 2);
    }
    static UdpPacket packet() {
        return {.source = pod(GetParam(), 1, 9), .destination = pod(GetParam(), 2, 9)};
    }
    static Octets encapsulated(const WayOut& way, const Octets& packet) {
        return Octets{way.heading.begin(), way.heading.end()} + packet;
    }

    EngineNode one{1};
    EngineNode two{2};
};

INSTANTIATE_TEST_SUITE_P(Families, EngineBurst, testing::Values(IpFamily::ipv4, IpFamily::ipv6),
                         [](const auto& test) { return std::string{to_string(test.param)}; });

TEST_P(EngineBurst, GoesTheWayOfEachOfItsPackets) {
    UdpPacket marked = packet();
    marked.traffic_class = TrafficClass::from_octet(0xba);
    const Octets octets = marked.build();
    const auto way = one.engine.find_way_out(octets, octets.size());
    ASSERT_TRUE(way);
    const ActionBatch exact = one.from_pod(octets);
    const Transmit& sent = only<Transmit>(exact);
    EXPECT_EQ(way->to, sent.to);
    EXPECT_EQ(way->source_port, sent.source_port);
    EXPECT_EQ(way->traffic_class, sent.traffic_class);
    EXPECT_EQ(encapsulated(*way, octets), octets_of(sent.datagram));
}

TEST_P(EngineBurst, IsAdmittedAsEachOfItsPacketsIs) {
    const Octets octets = packet().build();
    const auto way = one.engine.find_way_out(octets, octets.size());
    const auto sender = two.engine.find_sender(endpoint_of(1));
    ASSERT_TRUE(way && sender);
    const Octets datagram = encapsulated(*way, octets) + Octets(3);  // padding
    const auto admission = two.engine.find_admission(datagram, *sender, {});
    ASSERT_TRUE(admission);
    EXPECT_EQ((Octets{admission->packet.begin(), admission->packet.end()}), octets);
    EXPECT_EQ(admission->header.source(), packet().source);
}

TEST_P(EngineBurst, HasNoWayWhereAPacketNeedsMore) {
    const Octets good = packet().build();
    UdpPacket foreign = packet();
    foreign.source = pod(GetParam(), 3, 1);
    UdpPacket to_nobody = packet();
    to_nobody.destination = pod(GetParam(), 7, 1);
    UdpPacket to_ourselves = packet();
    to_ourselves.destination = pod(GetParam(), 1, 7);
    EXPECT_TRUE(one.engine.find_way_out(good, kTestMtu.value()));
    EXPECT_FALSE(one.engine.find_way_out(good, kTestMtu.value() + 1));
    for (const UdpPacket& other : {foreign, to_nobody, to_ourselves})
        EXPECT_FALSE(one.engine.find_way_out(other.build(), 100));
    EXPECT_FALSE(one.engine.find_way_out({}, 100));
    EngineNode router{1, HopLimitRule::decrement};
    router.know(1, 1, 2);
    EXPECT_FALSE(router.engine.find_way_out(good, 100));
}

// Whatever is admitted quickly is handed over as it is by the exact way, and nothing else is.
TEST_P(EngineBurst, IsAdmittedOnlyWhereTheExactWayHandsThePacketOverUnchanged) {
    const Octets octets = packet().build();
    const auto way = one.engine.find_way_out(octets, octets.size());
    const auto sender = two.engine.find_sender(endpoint_of(1));
    ASSERT_TRUE(way && sender);
    const Octets good = encapsulated(*way, octets);
    for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        Octets datagram = good;
        datagram[prng.below(std::min<std::size_t>(good.size(), 80))] ^=
            static_cast<std::byte>(1U << prng.below(8));
        const auto outer = prng.chance(1, 4) ? TrafficClass::from_octet(3) : TrafficClass{};
        const auto admission = two.engine.find_admission(datagram, *sender, outer);
        const ActionBatch exact = two.from_underlay(datagram, endpoint_of(1), outer);
        const Deliver* const delivered = std::get_if<Deliver>(&exact[0]);
        if (admission) {
            ASSERT_NE(delivered, nullptr);
            ASSERT_EQ(octets_of(delivered->packet),
                      (Octets{admission->packet.begin(), admission->packet.end()}));
        } else if (delivered != nullptr) {
            const Octets inner{datagram.begin() + kEncapsulationBytes, datagram.end()};
            ASSERT_NE(octets_of(delivered->packet), inner);
        }
    }
}

TEST_P(EngineBurst, CountsWhatItsSenderSays) {
    const auto sender = two.engine.find_sender(endpoint_of(1));
    ASSERT_TRUE(sender);
    two.engine.count_sent(*sender, 3, 4000);
    two.engine.count_received(*sender, 2, 300);
    two.engine.count_dropped(sender, DropReason::not_sent, 5);
    const Counters& counted = *two.engine.find_counters(endpoint_of(1));
    EXPECT_EQ(counted.sent_packets, 3U);
    EXPECT_EQ(counted.sent_octets, 4000U);
    EXPECT_EQ(counted.received_packets, 2U);
    EXPECT_EQ(counted.received_octets, 300U);
    EXPECT_EQ(counted.dropped_for(DropReason::not_sent), 5U);
    EXPECT_EQ(two.engine.counters(), counted);
}

TEST(EngineConfigure, KeepsCountersAndChangesNothingWhenItFails) {
    EngineNode node{1};
    node.know(1, 1, 2);
    const auto settings = [](unsigned own_block) {
        return EngineSettings{.vni = kTestVni,
                              .endpoint = endpoint_of(1),
                              .gateway = {mac_of(1), {pod4(1, 1), pod6(1, 1)}},
                              .blocks = blocks_of(own_block)};
    };
    const Octets octets = UdpPacket{.source = pod4(1, 9), .destination = pod4(2, 9)}.build();
    node.from_pod(octets);
    const std::vector<Peer> peers{{endpoint_of(2), mac_of(2), blocks_of(2), kTestMtu}};
    const std::vector<Peer> wrong{{endpoint_of(1), mac_of(2), blocks_of(2), kTestMtu}};

    EXPECT_FALSE(node.engine.configure(settings(5), wrong));
    EXPECT_EQ(outline(node.from_pod(octets)), "transmit");

    ASSERT_TRUE(node.engine.configure(settings(5), peers));
    EXPECT_EQ(outline(node.from_pod(octets)), "drop foreign_source");
    EXPECT_EQ(node.engine.find_counters(endpoint_of(2))->sent_packets, 2U);
}

}  // namespace
}  // namespace flatlan::tunnel
