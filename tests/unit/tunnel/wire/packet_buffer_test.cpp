#include "tunnel/wire/packet_buffer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/wire/codec_check.hpp"

namespace flatlan::tunnel {
namespace {

Octets contents(const PacketBuffer& packet) {
    return {packet.bytes().begin(), packet.bytes().end()};
}

TEST(PacketBuffer, GrowsAndShrinksAtBothEndsWithoutMoving) {
    PacketPool pool{1, 100};
    PacketBuffer packet = *pool.take_copy(22, octets("01 02 03 04"));
    const std::byte* const first = packet.bytes().data();
    packet.prepend(2)[0] = std::byte{0xaa};
    packet.bytes()[1] = std::byte{0xbb};
    packet.append(1)[0] = std::byte{0xcc};
    EXPECT_EQ(contents(packet), octets("aa bb 01 02 03 04 cc"));
    EXPECT_EQ(packet.head_room_bytes(), 20U);
    EXPECT_EQ(packet.tail_room_bytes(), 73U);
    packet.trim_front(2);
    packet.trim_back(3);
    EXPECT_EQ(contents(packet), octets("01 02"));
    EXPECT_EQ(packet.bytes().data(), first);
}

TEST(PacketBuffer, GoesBackToItsPool) {
    PacketPool pool{2, 64};
    {
        auto one = pool.take(0);
        auto two = pool.take(0);
        ASSERT_TRUE(one && two);
        EXPECT_FALSE(pool.take(0)) << "a third of two";
        *one = std::move(*two);  // the first one's storage goes back, and only that
        EXPECT_EQ(pool.available(), 1U);
        PacketBuffer moved = std::move(*one);
        EXPECT_EQ(pool.available(), 1U);
    }
    EXPECT_EQ(pool.available(), 2U);
}

TEST(PacketBuffer, TwoNeverShareAnOctet) {
    PacketPool pool{8, 16};
    std::vector<PacketBuffer> packets;
    for (std::uint8_t i = 0; i < 8; ++i)
        packets.push_back(*pool.take_copy(0, Octets(16, std::byte{i})));
    for (std::uint8_t i = 0; i < 8; ++i)
        EXPECT_EQ(contents(packets[i]), Octets(16, std::byte{i}));
}

TEST(PacketPool, RefusesACopyThatDoesNotFit) {
    PacketPool pool{1, 16};
    EXPECT_TRUE(pool.take_copy(12, Octets(4)));
    EXPECT_FALSE(pool.take_copy(12, Octets(5)));
    EXPECT_EQ(pool.available(), 1U);
}

using PacketBufferDeathTest = testing::Test;

TEST_F(PacketBufferDeathTest, AbortsRatherThanRunOverItsEnds) {
    PacketPool pool{1, 16};
    PacketBuffer packet = *pool.take_copy(4, Octets(8));
    EXPECT_DEATH(packet.prepend(5), "head_room_bytes");
    EXPECT_DEATH(packet.append(5), "tail_room_bytes");
    EXPECT_DEATH(packet.trim_front(9), "size_");
    EXPECT_DEATH(packet.trim_back(9), "size_");
}

}  // namespace
}  // namespace flatlan::tunnel
