#include "overlay/probe/echo.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"

namespace flatlan::probe {
namespace {

using Octets = std::vector<std::byte>;

constexpr Ipv4Address kFrom4{0x0af4'0001}, kTo4{0x0af4'0002}, kRouter4{0xac1f'0001};
constexpr auto kFrom6 = Ipv6Address::from_halves(0xfd00'0000'0000'0000, 1);
constexpr auto kTo6 = Ipv6Address::from_halves(0xfd00'0000'0000'0000, 2);
constexpr auto kRouter6 = Ipv6Address::from_halves(0xfd31'0000'0000'0000, 1);
constexpr Port kIdentifier{4321};

Payload payload(const IpAddress& from, const IpAddress& to) {
    return {.run = 1,
            .check = 5,
            .token = 9,
            .source = {from, kIdentifier},
            .destination = {to, Port::any()}};
}

Octets request(const Payload& payload) {
    Octets octets(kEchoSizeBytes);
    write_echo_request(std::span{octets}.first<kEchoSizeBytes>(), payload);
    return octets;
}

Octets in_ipv4(const Octets& message, Ipv4Address from, Ipv4Address to) {
    Octets packet(tunnel::Ipv4Header::kSizeBytes + message.size());
    tunnel::Ipv4Header{.total_size_bytes = static_cast<std::uint16_t>(packet.size()),
                       .ttl = 64,
                       .protocol = tunnel::IpProtocol::icmp,
                       .source = from,
                       .destination = to}
        .write(std::span{packet}.first<tunnel::Ipv4Header::kSizeBytes>());
    std::ranges::copy(message, packet.begin() + tunnel::Ipv4Header::kSizeBytes);
    return packet;
}

TEST(Echo, RequestsAreReadBackInBothFamilies) {
    const Payload four = payload(kFrom4, kTo4);
    const auto seen4 = read_icmpv4(in_ipv4(request(four), kRouter4, kTo4));
    ASSERT_TRUE(seen4);
    EXPECT_EQ(seen4->kind, EchoSeen::Kind::request);
    EXPECT_EQ(seen4->payload, four);
    EXPECT_EQ(seen4->source, (Endpoint{kRouter4, kIdentifier})) << "the header counts";
    EXPECT_EQ(seen4->destination, (Endpoint{kTo4, Port::any()}));

    const Payload six = payload(kFrom6, kTo6);
    const auto seen6 = read_icmpv6(request(six), kFrom6, kTo6);
    ASSERT_TRUE(seen6);
    EXPECT_EQ(seen6->payload, six);
    EXPECT_EQ(seen6->source, six.source);
    EXPECT_EQ(seen6->destination, six.destination);
}

TEST(Echo, ARepliesIdentifierBelongsToWhomItReturnsTo) {
    Octets message = request(payload(kFrom4, kTo4));
    tunnel::IcmpMessage{
        tunnel::IcmpEcho{tunnel::IcmpEcho::Direction::reply, kIdentifier.value(), 5}}
        .write(message);
    const auto seen = read_icmpv4(in_ipv4(message, kTo4, kFrom4));
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->kind, EchoSeen::Kind::reply);
    EXPECT_EQ(seen->source, (Endpoint{kTo4, Port::any()}));
    EXPECT_EQ(seen->destination, (Endpoint{kFrom4, kIdentifier}));
}

TEST(Echo, ErrorsNameTheProbeThatTheyQuoteAndWhoSentThem) {
    const Payload four = payload(kFrom4, kTo4);
    Octets error4(8);
    std::ranges::copy(in_ipv4(request(four), kFrom4, kTo4), std::back_inserter(error4));
    tunnel::IcmpMessage{tunnel::IcmpUnreachable{tunnel::IcmpUnreachable::kHost}}.write(error4);
    const auto seen4 = read_icmpv4(in_ipv4(error4, kRouter4, kFrom4));
    ASSERT_TRUE(seen4);
    EXPECT_EQ(seen4->kind, EchoSeen::Kind::error);
    EXPECT_EQ(seen4->payload, four);
    EXPECT_EQ(seen4->refusal, (Refusal{.kind = RefusalKind::no_route, .reporter = kRouter4}));

    const Payload six = payload(kFrom6, kTo6);
    const Octets quoted = request(six);
    Octets error6(8 + tunnel::Ipv6Header::kSizeBytes);
    tunnel::Ipv6Header{.payload_size_bytes = kEchoSizeBytes,
                       .next_header = tunnel::IpProtocol::icmpv6,
                       .hop_limit = 64,
                       .source = kFrom6,
                       .destination = kTo6}
        .write(std::span{error6}.subspan<8, tunnel::Ipv6Header::kSizeBytes>());
    std::ranges::copy(quoted, std::back_inserter(error6));
    tunnel::Icmpv6Message{tunnel::Icmpv6TimeExceeded{0}}.write(error6, kRouter6, kFrom6);
    const auto seen6 = read_icmpv6(error6, kRouter6, kFrom6);
    ASSERT_TRUE(seen6);
    EXPECT_EQ(seen6->payload, six);
    EXPECT_EQ(seen6->refusal, (Refusal{.kind = RefusalKind::ttl_expired, .reporter = kRouter6}));
}

TEST(Echo, IgnoresEveryTruncationAndOtherPeoplesPings) {
    const Octets packet = in_ipv4(request(payload(kFrom4, kTo4)), kFrom4, kTo4);
    for (std::size_t size = 0; size < packet.size(); ++size)
        EXPECT_FALSE(read_icmpv4(std::span{packet}.first(size))) << size;
    const Octets message = request(payload(kFrom6, kTo6));
    for (std::size_t size = 0; size < message.size(); ++size)
        EXPECT_FALSE(read_icmpv6(std::span{message}.first(size), kFrom6, kTo6)) << size;

    Octets ping(64);
    tunnel::IcmpMessage{tunnel::IcmpEcho{tunnel::IcmpEcho::Direction::request, 1, 1}}.write(ping);
    EXPECT_FALSE(read_icmpv4(in_ipv4(ping, kFrom4, kTo4)));
}

}  // namespace
}  // namespace flatlan::probe
