#include "tunnel/wire/icmp.hpp"

#include "tests/unit/tunnel/wire/captured.hpp"
#include "tests/unit/tunnel/wire/codec_check.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kMessageAt = 34;

/// A captured ICMP message has to read as `expected`, and `expected` has to be written as it.
void expect_message(const Octets& frame, const IcmpMessage& expected) {
    const Octets golden = part(frame, kMessageAt);
    expect_codec(
        golden, expected, [](auto octets) { return IcmpMessage::parse(octets); },
        [&](const IcmpMessage& message, std::span<std::byte> out) {
            std::copy(golden.begin() + 8, golden.end(), out.begin() + 8);
            message.write(out);
        },
        IcmpMessage::kSizeBytes);
}

TEST(Icmp, ReadsAndWritesTheKernelsEchoRequest) {
    const IcmpMessage expected{IcmpEcho{IcmpEcho::Direction::request, 0x4955, 1}};
    expect_message(octets(captured::kEchoRequest), expected);
    EXPECT_EQ(to_string(expected), "echo request 18773.1");
}

TEST(Icmp, ReadsAndWritesTheKernelsErrors) {
    expect_message(octets(captured::kPortUnreachable),
                   IcmpMessage{IcmpUnreachable{IcmpUnreachable::kPort}});
    expect_message(octets(captured::kTimeExceeded), IcmpMessage{IcmpTimeExceeded{0}});
    const IcmpMessage needed{IcmpFragmentationNeeded{1300}};
    expect_message(octets(captured::kFragmentationNeeded) + counting_up(0x11, 503), needed);
    EXPECT_EQ(to_string(needed), "fragmentation needed, MTU 1300");
}

TEST(Icmp, DropsAWrongChecksumAndAnUnknownType) {
    Octets message = part(octets(captured::kEchoRequest), kMessageAt);
    message.back() ^= std::byte{1};
    EXPECT_EQ(IcmpMessage::parse(message).reason(), DropReason::bad_checksum);

    Octets redirect = octets("05 00 00 00 00 00 00 00");
    redirect[2] = std::byte{0xfa};
    redirect[3] = std::byte{0xff};
    EXPECT_EQ(IcmpMessage::parse(redirect).reason(), DropReason::unknown_message);
}

TEST(Icmp, KnowsErrorsFromQuestions) {
    for (unsigned type = 0; type < 256; ++type) {
        const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        EXPECT_EQ(is_icmp_error(static_cast<std::uint8_t>(type)), error) << type;
    }
}

}  // namespace
}  // namespace flatlan::tunnel
