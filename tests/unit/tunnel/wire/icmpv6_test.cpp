#include "tunnel/wire/icmpv6.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/neighbour_discovery.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kMessageAt = 54;
const Ipv6Address kA = v6("fd00:10:244::1");
const Ipv6Address kB = v6("fd00:10:244::2");
const Ipv6Address kSolicitedNodeB = v6("ff02::1:ff00:2");

/// A captured message from `source` has to read as `expected`, and `expected` has to be written as
/// it. What follows the first `header_size` octets is not the message's own.
template <typename Message>
void expect_message(const Octets& frame, Ipv6Address source, Ipv6Address destination,
                    const Message& expected, std::size_t header_size) {
    const Octets golden = part(frame, kMessageAt);
    expect_codec(
        golden, expected, [&](auto octets) { return Message::parse(octets, source, destination); },
        [&](const Message& message, std::span<std::byte> out) {
            const auto body = golden.begin() + static_cast<std::ptrdiff_t>(header_size);
            std::copy(body, golden.end(), out.subspan(header_size).begin());
            message.write(out, source, destination);
        },
        header_size);
}

TEST(Icmpv6, ReadsAndWritesTheKernelsEchoRequest) {
    expect_message(octets(captured::kEcho6Request), kA, kB,
                   Icmpv6Message{IcmpEcho{IcmpEcho::Direction::request, 0x4956, 1}}, 8);
}

TEST(Icmpv6, ReadsAndWritesTheKernelsErrors) {
    expect_message(octets(captured::kPortUnreachable6), kB, kA,
                   Icmpv6Message{Icmpv6Unreachable{Icmpv6Unreachable::kPort}}, 8);
    expect_message(octets(captured::kTimeExceeded6), kB, kA, Icmpv6Message{Icmpv6TimeExceeded{0}},
                   8);
    const Icmpv6Message too_big{Icmpv6PacketTooBig{1300}};
    expect_message(octets(captured::kPacketTooBig) + counting_up(0x11, 1167), kB, kA, too_big, 8);
    EXPECT_EQ(to_string(too_big), "packet too big, MTU 1300");
}

TEST(Icmpv6, TheChecksumCoversTheAddresses) {
    const Octets message = part(octets(captured::kEcho6Request), kMessageAt);
    EXPECT_TRUE(Icmpv6Message::parse(message, kA, kB));
    EXPECT_EQ(Icmpv6Message::parse(message, kA, v6("fd00:10:244::3")).reason(),
              DropReason::bad_checksum);
}

TEST(Icmpv6, LeavesNeighbourDiscoveryToItsOwnCodec) {
    const Octets message = part(octets(captured::kNeighbourSolicitation), kMessageAt);
    EXPECT_EQ(Icmpv6Message::parse(message, kA, kSolicitedNodeB).reason(),
              DropReason::unknown_message);
}

TEST(Icmpv6, KnowsErrorsFromQuestions) {
    EXPECT_TRUE(is_icmpv6_error(1));
    EXPECT_TRUE(is_icmpv6_error(127));
    EXPECT_TRUE(is_icmpv6_error(137));
    EXPECT_FALSE(is_icmpv6_error(128));
    EXPECT_FALSE(is_icmpv6_error(135));
}

TEST(NeighbourDiscovery, ReadsAndWritesTheKernelsSolicitation) {
    const NeighbourSolicitation expected{kB, mac("02:bb:00:00:00:01")};
    expect_message(octets(captured::kNeighbourSolicitation), kA, kSolicitedNodeB, expected, 32);
    EXPECT_EQ(expected.size_bytes(), 32U);
    EXPECT_EQ(to_string(expected), "who has fd00:10:244::2, asks 02:bb:00:00:00:01");
}

TEST(NeighbourDiscovery, ReadsAndWritesTheKernelsAdvertisement) {
    const NeighbourAdvertisement expected{.target = kB,
                                          .target_mac = mac("02:bb:00:00:00:02"),
                                          .solicited = true,
                                          .overriding = true};
    expect_message(octets(captured::kNeighbourAdvertisement), kB, kA, expected, 32);
    EXPECT_EQ(to_string(expected), "fd00:10:244::2 is at 02:bb:00:00:00:02");
}

/// A solicitation by `kA` with these octets as its options, its checksum right.
Octets solicitation_with(const Octets& options) {
    Octets message(kNeighbourMessageSizeBytes);
    NeighbourSolicitation{kB, std::nullopt}.write(message, kA, kSolicitedNodeB);
    message = message + options;
    message[2] = message[3] = std::byte{0};
    InternetChecksum sum = pseudo_header(kA, kSolicitedNodeB, IpProtocol::icmpv6, message.size());
    sum.add(message);
    message[2] = static_cast<std::byte>(sum.value() >> 8U);
    message[3] = static_cast<std::byte>(sum.value());
    return message;
}

Parsed<NeighbourSolicitation> read(const Octets& message) {
    return NeighbourSolicitation::parse(message, kA, kSolicitedNodeB);
}

TEST(NeighbourDiscovery, DoesWithoutTheLinkLayerAddress) {
    const auto parsed = read(solicitation_with({}));
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->source_mac);
}

TEST(NeighbourDiscovery, PassesOverOptionsThatItDoesNotKnow) {
    const Octets nonce = octets("0e 01 01 02 03 04 05 06");
    const Octets twice_as_long = octets("1f 02") + Octets(14);
    const Octets wanted = octets("01 01 02 bb 00 00 00 01");
    const auto parsed = read(solicitation_with(nonce + twice_as_long + wanted));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->source_mac, mac("02:bb:00:00:00:01"));
}

TEST(NeighbourDiscovery, DropsOptionsOfLengthZeroAndOnesThatRunOver) {
    for (const char* options : {"01 00 02 bb 00 00 00 01", "01 02 02 bb 00 00 00 01", "01"}) {
        const auto parsed = read(solicitation_with(octets(options)));
        ASSERT_FALSE(parsed) << options;
        EXPECT_EQ(parsed.reason(), DropReason::bad_option) << options;
    }
}

TEST(NeighbourDiscovery, DropsAMulticastTarget) {
    Octets message(kNeighbourMessageSizeBytes);
    NeighbourSolicitation{kSolicitedNodeB, std::nullopt}.write(message, kA, kSolicitedNodeB);
    EXPECT_EQ(read(message).reason(), DropReason::bad_option);
}

}  // namespace
}  // namespace flatlan::tunnel
