#include "overlay/probe/trial/far_end.hpp"

#include <gtest/gtest.h>

namespace flatlan::trial {
namespace {

constexpr std::byte kPoison{0xaa};

TEST(Receipt, HasItsOctetsInTheirPlaces) {
    Receipt receipt{.start = {}, .octets = 0x0102'0304, .place = 0x0506'0708};
    for (std::size_t i = 0; i < receipt.start.size(); ++i)
        receipt.start[i] = static_cast<std::byte>(0xf0 + i);
    std::array<std::byte, Receipt::kSizeBytes> octets{};
    octets.fill(kPoison);
    receipt.write(octets);
    for (std::size_t i = 0; i < receipt.start.size(); ++i)
        EXPECT_EQ(octets[i], static_cast<std::byte>(0xf0 + i));
    for (std::size_t i = 1; i <= 8; ++i)
        EXPECT_EQ(octets[Receipt::kStartBytes + i - 1], static_cast<std::byte>(i));
    EXPECT_EQ(Receipt::parse(octets), receipt);
}

TEST(Receipt, IsNoneOfAnotherSize) {
    const std::array<std::byte, Receipt::kSizeBytes + 1> octets{};
    for (std::size_t size = 0; size < Receipt::kSizeBytes; ++size)
        EXPECT_FALSE(Receipt::parse(std::span{octets}.first(size))) << size;
    EXPECT_FALSE(Receipt::parse(octets));
}

TEST(Progress, HasItsOctetsInTheirPlaces) {
    std::array<std::byte, Progress::kSizeBytes> octets{};
    octets.fill(kPoison);
    const Progress progress{.arrived = 0x0102'0304'0506'0708, .changed = true};
    progress.write(octets);
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_EQ(octets[i], static_cast<std::byte>(i + 1));
    EXPECT_EQ(octets[8], std::byte{1});
    EXPECT_EQ(Progress::parse(octets), progress);
    Progress{}.write(octets);
    EXPECT_EQ(Progress::parse(octets), Progress{});
}

}  // namespace
}  // namespace flatlan::trial
