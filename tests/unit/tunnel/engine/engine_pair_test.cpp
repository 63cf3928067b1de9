// Two engines and an underlay between them, in virtual time: what goes in at one end comes out at
// the other, and nothing else does.

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/rounds.hpp"
#include "tests/unit/tunnel/engine/engine_node.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

/// A packet of random shape from a pod of node 1 to a pod of node 2.
UdpPacket random_packet(Prng& prng) {
    const IpFamily family = prng.chance(1, 2) ? IpFamily::ipv4 : IpFamily::ipv6;
    return {.source = pod(family, 1, static_cast<unsigned>(prng.below(256))),
            .destination = pod(family, 2, static_cast<unsigned>(prng.below(256))),
            .payload_bytes = prng.below(1402),
            .source_port = static_cast<std::uint16_t>(prng.next()),
            .hop_limit = static_cast<std::uint8_t>(3 + prng.below(250)),
            .traffic_class = TrafficClass::from_octet(static_cast<std::uint8_t>(prng.next())),
            .dont_fragment = prng.chance(1, 2),
            .identification = static_cast<std::uint16_t>(prng.next())};
}

/// What the other end has to hand over, when `hops` are counted on the way.
UdpPacket after(UdpPacket packet, std::uint8_t hops) {
    packet.hop_limit = static_cast<std::uint8_t>(packet.hop_limit - hops);
    return packet;
}

TEST(EnginePair, WhatEntersOneEndLeavesTheOtherOctetForOctet) {
    for (const HopLimitRule rule : {HopLimitRule::keep, HopLimitRule::decrement}) {
        EngineNode one{1, rule};
        EngineNode two{2, rule};
        one.know(1, 1, 2);
        two.know(2, 1, 2);
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
            SCOPED_TRACE(testing::Message() << "seed=" << seed);
            Prng prng{seed};
            const UdpPacket sent = random_packet(prng);
            const ActionBatch out = one.from_pod(sent.build());
            ASSERT_EQ(outline(out), "transmit");
            const Transmit& crossing = only<Transmit>(out);
            ASSERT_EQ(crossing.to, endpoint_of(2));
            const ActionBatch in = two.from_underlay(octets_of(crossing.datagram), endpoint_of(1),
                                                     crossing.traffic_class);
            ASSERT_EQ(outline(in), "deliver");
            const std::uint8_t hops = rule == HopLimitRule::decrement ? 2 : 0;
            ASSERT_EQ(octets_of(only<Deliver>(in).packet), after(sent, hops).build());
        }
        EXPECT_EQ(one.engine.counters().sent_packets, 2000U);
        EXPECT_EQ(two.engine.counters().received_packets, 2000U);
        EXPECT_EQ(one.engine.counters().sent_octets, two.engine.counters().received_octets);
        EXPECT_EQ(one.pool.available(), EngineNode::kBuffers);
    }
}

TEST(EnginePair, FragmentsArriveAsFragmentsOfThatPacket) {
    EngineNode one{1};
    EngineNode two{2};
    one.know(1, 1, 2, OverlayMtu{600});
    two.know(2, 1, 2, OverlayMtu{600});
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        const UdpPacket sent{.source = pod4(1, 9),
                             .destination = pod4(2, 9),
                             .payload_bytes = 600 + prng.below(20000),
                             .dont_fragment = false};
        Octets payload;
        for (const Action& action : one.from_pod(sent.build())) {
            const Transmit& crossing = std::get<Transmit>(action);
            const ActionBatch in = two.from_underlay(octets_of(crossing.datagram), endpoint_of(1),
                                                     crossing.traffic_class);
            const Octets fragment = octets_of(only<Deliver>(in).packet);
            ASSERT_EQ(Ipv4Header::parse(fragment)->fragment_offset_bytes, payload.size());
            payload = payload + part(fragment, 20);
        }
        ASSERT_EQ(payload, part(sent.build(), 20));
    }
}

/// Changes a datagram as a faulty or hostile underlay might: bits, lengths, order.
Octets mutated(Prng& prng, Octets datagram) {
    switch (prng.below(5)) {
        case 0:
            datagram.resize(prng.below(datagram.size() + 1));
            break;
        case 1:
            datagram = datagram + random_octets(prng, prng.below(64));
            break;
        case 2:
            return random_octets(prng, prng.below(200));
        default:
            for (std::uint64_t bits = 1 + prng.below(8); bits > 0; --bits)
                datagram[prng.below(datagram.size())] ^=
                    static_cast<std::byte>(1U << prng.below(8));
    }
    return datagram;
}

/// What may come out of node 2 whatever goes in: packets from node 1's addresses, for its own.
void expect_nothing_leaks(const ActionBatch& batch, const IpAddress& from) {
    for (const Action& action : batch) {
        if (const Deliver* delivered = std::get_if<Deliver>(&action)) {
            const auto packet = IpPacket::parse(delivered->packet.bytes());
            ASSERT_TRUE(packet);
            ASSERT_EQ(from, endpoint_of(1));
            ASSERT_EQ(packet->size_bytes(), delivered->packet.size_bytes());
            const auto inside = [](unsigned node, const IpAddress& address) {
                const auto blocks = blocks_of(node);
                return blocks[0].contains(address) || blocks[1].contains(address);
            };
            ASSERT_TRUE(inside(1, packet->source())) << to_string(packet->source());
            ASSERT_TRUE(inside(2, packet->destination())) << to_string(packet->destination());
        }
        if (const Transmit* sent = std::get_if<Transmit>(&action)) {
            ASSERT_EQ(sent->to, from);
        }
    }
}

TEST(EnginePair, NothingLeaksOutOfMutatedDatagramsAndEachIsCountedOnce) {
    const std::uint64_t rounds = support::rounds("engine: mutated datagrams", 1'000'000, 20'000);
    EngineNode one{1};
    EngineNode two{2, HopLimitRule::decrement};
    one.know(1, 1, 3);
    two.know(2, 1, 3);
    Prng prng{7};
    Instant now = kTestStart;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        SCOPED_TRACE(testing::Message() << "seed=7 round=" << round);
        const ActionBatch out = one.from_pod(random_packet(prng).build());
        ASSERT_EQ(outline(out), "transmit");
        const Transmit& crossing = only<Transmit>(out);
        const IpAddress from = endpoint_of(static_cast<unsigned>(prng.chance(9, 10) ? 1 : 3));
        const ActionBatch in = two.from_underlay(
            mutated(prng, octets_of(crossing.datagram)), from,
            TrafficClass::from_octet(static_cast<std::uint8_t>(prng.next())), now);
        ASSERT_FALSE(in.empty());
        expect_nothing_leaks(in, from);
        if (testing::Test::HasFatalFailure()) return;
        now = now + std::chrono::microseconds{prng.below(100)};
    }
    EXPECT_EQ(one.engine.counters().packets(), rounds);
    EXPECT_EQ(two.engine.counters().packets(), rounds);
    EXPECT_GT(two.engine.counters().received_packets, 0U);
    EXPECT_EQ(two.pool.available(), EngineNode::kBuffers);
}

/// All that two engines do with the traffic of one seed, as text.
std::string log_of(std::uint64_t seed) {
    EngineNode one{1, HopLimitRule::decrement};
    EngineNode two{2, HopLimitRule::decrement};
    one.know(1, 1, 2);
    two.know(2, 1, 2);
    Prng prng{seed};
    std::ostringstream log;
    Instant now = kTestStart;
    for (int step = 0; step < 500; ++step) {
        UdpPacket packet = random_packet(prng);
        packet.hop_limit = static_cast<std::uint8_t>(1 + prng.below(4));
        if (prng.chance(1, 10)) packet.destination = pod(packet.source.family(), 99, 1);
        for (const Action& action : one.from_pod(packet.build(), now)) {
            if (const Transmit* crossing = std::get_if<Transmit>(&action)) {
                log << to_string(crossing->to) << ' ' << crossing->source_port.value() << ' '
                    << internet_checksum(crossing->datagram.bytes()) << ' '
                    << outline(two.from_underlay(mutated(prng, octets_of(crossing->datagram)),
                                                 endpoint_of(1), crossing->traffic_class, now))
                    << '\n';
            } else {
                log << "kept\n";
            }
        }
        now = now + std::chrono::microseconds{prng.below(1000)};
    }
    return log.str();
}

TEST(EnginePair, TheSameSeedGivesTheSameLog) {
    const std::string first = log_of(1);
    EXPECT_EQ(log_of(1), first);
    EXPECT_NE(log_of(2), first);
    EXPECT_GT(first.size(), 1000U);
}

}  // namespace
}  // namespace flatlan::tunnel
