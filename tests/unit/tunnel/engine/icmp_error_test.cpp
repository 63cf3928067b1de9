#include "tunnel/engine/icmp_error.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/packets.hpp"
#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kEthernetBytes = 14;
const UdpPacket kV4{.source = ip("10.244.0.1"), .destination = ip("10.244.1.1")};
const UdpPacket kV6{.source = ip("fd00::1"), .destination = ip("fd00::1:1")};

/// The error about `packet` as octets.
Octets error_about(const Octets& packet, const PacketError& error, const IpAddress& from) {
    PacketPool pool{1, 66000};
    PacketBuffer buffer = *pool.take_copy(kIcmpErrorHeadRoomBytes, packet);
    turn_into_icmp_error(buffer, *IpPacket::parse(packet), error, from);
    return {buffer.bytes().begin(), buffer.bytes().end()};
}

bool may_answer(const Octets& packet) {
    return may_answer_with_error(*IpPacket::parse(packet), packet);
}

TEST(IcmpError, TellsAnIpv4SenderTheMtuAndQuotesItsPacket) {
    UdpPacket large = kV4;
    large.payload_bytes = 1400;
    const Octets about = large.build();
    const Octets error = error_about(about, {PacketError::Kind::too_big, 1450}, ip("10.244.0.9"));

    const auto header = Ipv4Header::parse(error);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->source, v4("10.244.0.9"));
    EXPECT_EQ(header->destination, v4("10.244.0.1"));
    EXPECT_EQ(error.size(), 576U);
    const auto message = IcmpMessage::parse(header->payload(error));
    ASSERT_TRUE(message) << to_string(message.reason());
    EXPECT_EQ(*message, IcmpMessage{IcmpFragmentationNeeded{1450}});
    EXPECT_EQ(part(error, 28), part(about, 0, 576 - 28));
}

TEST(IcmpError, TellsAnIpv6SenderTheMtuWithin1280Octets) {
    UdpPacket large = kV6;
    large.payload_bytes = 1400;
    const Octets about = large.build();
    const Octets error = error_about(about, {PacketError::Kind::too_big, 1430}, ip("fd00::9"));

    const auto header = Ipv6Header::parse(error);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->destination, v6("fd00::1"));
    EXPECT_EQ(error.size(), 1280U);
    const auto message =
        Icmpv6Message::parse(std::span{error}.subspan(40), v6("fd00::9"), v6("fd00::1"));
    ASSERT_TRUE(message) << to_string(message.reason());
    EXPECT_EQ(*message, Icmpv6Message{Icmpv6PacketTooBig{1430}});
    EXPECT_EQ(part(error, 48), part(about, 0, 1280 - 48));
}

TEST(IcmpError, QuotesASmallPacketWholeAndItsPaddingNot) {
    const Octets error = error_about(kV4.build() + Octets(10, kPoison),
                                     {PacketError::Kind::hop_limit_expired}, ip("10.244.0.9"));
    EXPECT_EQ(error.size(), 28 + kV4.build().size());
    EXPECT_EQ(*IcmpMessage::parse(std::span{error}.subspan(20)), IcmpMessage{IcmpTimeExceeded{}});
}

TEST(IcmpError, SaysThatNobodyOwnsTheDestination) {
    const Octets error4 =
        error_about(kV4.build(), {PacketError::Kind::unreachable}, ip("10.244.0.9"));
    EXPECT_EQ(*IcmpMessage::parse(std::span{error4}.subspan(20)),
              IcmpMessage{IcmpUnreachable{IcmpUnreachable::kHost}});
    const Octets error6 = error_about(kV6.build(), {PacketError::Kind::unreachable}, ip("fd00::9"));
    EXPECT_EQ(*Icmpv6Message::parse(std::span{error6}.subspan(40), v6("fd00::9"), v6("fd00::1")),
              Icmpv6Message{Icmpv6Unreachable{Icmpv6Unreachable::kNoRoute}});
}

TEST(IcmpError, IsSentAboutEchoRequestsButNotAboutErrors) {
    EXPECT_TRUE(may_answer(part(octets(captured::kEchoRequest), kEthernetBytes)));
    EXPECT_TRUE(may_answer(part(octets(captured::kEcho6Request), kEthernetBytes)));
    for (const std::string_view error : {captured::kPortUnreachable, captured::kTimeExceeded,
                                         captured::kPortUnreachable6, captured::kTimeExceeded6})
        EXPECT_FALSE(may_answer(part(octets(error), kEthernetBytes)));
}

TEST(IcmpError, IsNotSentToOrAboutAnythingButHosts) {
    UdpPacket packet = kV4;
    packet.destination = ip("224.0.0.1");
    EXPECT_FALSE(may_answer(packet.build()));
    packet = kV6;
    packet.source = ip("fe80::1");
    EXPECT_FALSE(may_answer(packet.build()));
}

TEST(IcmpError, IsSentAboutTheFirstIpv4FragmentAlone) {
    Octets fragment = kV4.build();
    const auto header = Ipv4Header::parse(fragment);
    ASSERT_TRUE(header);
    Ipv4Header changed = *header;
    changed.dont_fragment = false;
    changed.more_fragments = true;
    changed.write(std::span{fragment}.first<20>());
    EXPECT_TRUE(may_answer(fragment));
    changed.fragment_offset_bytes = 8;
    changed.write(std::span{fragment}.first<20>());
    EXPECT_FALSE(may_answer(fragment));
}

TEST(IcmpError, IsNotSentWhenItCannotBeToldWhatThePacketIs) {
    Octets chain = kV6.build();
    chain[6] = std::byte{0};     // hop-by-hop options,
    chain[41] = std::byte{255};  // longer than the packet
    EXPECT_FALSE(may_answer(chain));

    Octets cut = part(octets(captured::kEchoRequest), kEthernetBytes, 20);  // ICMP without a type
    Ipv4Header header = *Ipv4Header::parse_quoted(cut);
    header.total_size_bytes = 20;
    header.write(std::span{cut}.first<20>());
    EXPECT_FALSE(may_answer(cut));
}

}  // namespace
}  // namespace flatlan::tunnel
