#include "overlay/base/hex.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

TEST(Hex, IsReadAsItWasWritten) {
    std::vector<std::byte> octets;
    for (unsigned value = 0; value < 256; ++value)
        octets.push_back(static_cast<std::byte>(value));
    const std::string text = hex_of(octets);
    EXPECT_EQ(text.substr(0, 6), "000102");
    EXPECT_EQ(text.substr(506), "fdfeff");
    EXPECT_EQ(octets_from_hex(text), octets);
    EXPECT_EQ(octets_from_hex(""), std::vector<std::byte>{});
}

TEST(Hex, IsNothingElse) {
    for (const char* const text : {"0", "0g", "g0", "0A", "0x00", " 00", "00 "})
        EXPECT_FALSE(octets_from_hex(text)) << text;
}

}  // namespace
}  // namespace flatlan
