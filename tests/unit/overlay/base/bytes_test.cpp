#include "overlay/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace flatlan {
namespace {

// One integer of each width and two octets: fifteen and two.
constexpr std::size_t kSizeBytes = 17;
constexpr std::array<std::byte, 2> kTail{std::byte{0xfe}, std::byte{0xff}};

std::array<std::byte, kSizeBytes> written() {
    std::array<std::byte, kSizeBytes> buffer;
    buffer.fill(std::byte{0xa5});  // what is not written would show
    ByteWriter to{buffer};
    to.u8(0x01);
    to.u16(0x0203);
    to.u32(0x0405'0607);
    to.u64(0x0809'0a0b'0c0d'0e0f);
    to.bytes(kTail);
    EXPECT_TRUE(to.rest().empty());
    return buffer;
}

TEST(ByteWriter, WritesInNetworkOrder) {
    const auto buffer = written();
    for (std::size_t i = 0; i < 15; ++i)
        EXPECT_EQ(buffer[i], static_cast<std::byte>(i + 1)) << i;
    EXPECT_EQ(buffer[15], kTail[0]);
    EXPECT_EQ(buffer[16], kTail[1]);
}

TEST(ByteWriter, LeavesWhatItSkipsAsItWas) {
    std::array<std::byte, 3> buffer{std::byte{7}, std::byte{8}, std::byte{9}};
    ByteWriter to{buffer};
    const auto skipped = to.skip(1);
    to.u8(1);
    EXPECT_EQ(skipped.data(), buffer.data());
    EXPECT_EQ(buffer, (std::array{std::byte{7}, std::byte{1}, std::byte{9}}));
    EXPECT_EQ(to.rest().size(), 1U);
}

TEST(ByteWriter, AbortsAtTheEndOfItsRoom) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    std::array<std::byte, 3> buffer{};
    EXPECT_DEATH(ByteWriter{buffer}.u32(1), "rest_.size");
}

TEST(ByteReader, ReadsBackWhatWasWritten) {
    const auto buffer = written();
    ByteReader in{buffer};
    EXPECT_EQ(in.u8(), 0x01);
    EXPECT_EQ(in.u16(), 0x0203);
    EXPECT_EQ(in.u32(), 0x0405'0607U);
    EXPECT_EQ(in.u64(), 0x0809'0a0b'0c0d'0e0fU);
    EXPECT_EQ(in.rest().size(), 2U);
    EXPECT_EQ(in.take(2).back(), std::byte{0xff});
    EXPECT_FALSE(in.truncated());
    EXPECT_TRUE(in.rest().empty());
}

TEST(ByteReader, ToldOfEveryTruncationOnce) {
    const auto buffer = written();
    for (std::size_t size = 0; size < kSizeBytes; ++size) {
        ByteReader in{std::span{buffer}.first(size)};
        in.u8();
        in.u16();
        in.u32();
        in.u64();
        in.take(2);
        EXPECT_TRUE(in.truncated()) << size << " octets";
        EXPECT_TRUE(in.rest().empty()) << size << " octets";
    }
}

TEST(ByteReader, YieldsZeroAndNothingAfterTheEnd) {
    const auto buffer = written();
    ByteReader in{std::span{buffer}.first(3)};
    EXPECT_EQ(in.u32(), 0U);  // three octets are no four: none of them is used
    EXPECT_TRUE(in.truncated());
    EXPECT_EQ(in.u8(), 0U);
    EXPECT_TRUE(in.take(1).empty());
    EXPECT_TRUE(in.truncated());
}

TEST(ByteReader, OfNothingIsTruncatedOnlyByAsking) {
    ByteReader in{{}};
    EXPECT_TRUE(in.take(0).empty());
    EXPECT_FALSE(in.truncated());
    in.u8();
    EXPECT_TRUE(in.truncated());
}

}  // namespace
}  // namespace flatlan
