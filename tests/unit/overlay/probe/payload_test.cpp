#include "overlay/probe/payload.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace flatlan::probe {
namespace {

Endpoint endpoint(std::string_view address, std::uint16_t port) {
    return {IpAddress::from_text(address).value(), Port{port}};
}

Payload example() {
    return {.run = 0x0102'0304,
            .kind = PayloadKind::answer,
            .attempt = 2,
            .check = 0x0506'0708,
            .token = 0x1112'1314'1516'1718,
            .source = endpoint("10.244.0.1", 40000),
            .destination = endpoint("fd00:10:244::7", 7)};
}

TEST(Payload, WritesTheOctetsOfItsPicture) {
    std::array<std::byte, Payload::kSizeBytes> octets;
    octets.fill(std::byte{0xa5});
    example().write(octets);
    const std::array<std::uint8_t, Payload::kSizeBytes> golden{
        'f',  'l',  'a',  't',  1,    2,    3,    4,    2, 2, 0,    0,    5,  6,   7, 8,  //
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,                                   //
        0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0xff, 0xff, 10, 244, 0, 1,
        0x9c, 0x40,  //
        0xfd, 0,    0,    0x10, 0x02, 0x44, 0,    0,    0, 0, 0,    0,    0,  0,   0, 7,
        0,    7};
    for (std::size_t i = 0; i < octets.size(); ++i)
        EXPECT_EQ(std::to_integer<unsigned>(octets[i]), golden[i]) << "octet " << i;
}

TEST(Payload, ReadsWhatItWroteAndIgnoresWhatFollows) {
    std::vector<std::byte> octets(Payload::kSizeBytes + 9, std::byte{0x5a});
    example().write(std::span{octets}.first<Payload::kSizeBytes>());
    EXPECT_EQ(Payload::parse(octets), example());
    octets[10] = std::byte{0xff};  // reserved
    EXPECT_EQ(Payload::parse(octets), example());
}

TEST(Payload, RefusesEveryTruncation) {
    std::array<std::byte, Payload::kSizeBytes> octets;
    example().write(octets);
    for (std::size_t size = 0; size < octets.size(); ++size)
        EXPECT_FALSE(Payload::parse(std::span{octets}.first(size))) << size;
}

TEST(Payload, RefusesWhatIsNoProbe) {
    std::array<std::byte, Payload::kSizeBytes> octets;
    example().write(octets);
    auto other_magic = octets;
    other_magic[3] = std::byte{'T'};
    EXPECT_FALSE(Payload::parse(other_magic));
    for (const unsigned kind : {0U, 3U, 255U}) {
        auto other_kind = octets;
        other_kind[8] = static_cast<std::byte>(kind);
        EXPECT_FALSE(Payload::parse(other_kind)) << kind;
    }
}

}  // namespace
}  // namespace flatlan::probe
