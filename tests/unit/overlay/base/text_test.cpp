#include "overlay/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace flatlan {
namespace {

TEST(Text, FindsWhereUtf8Ends) {
    EXPECT_EQ(find_invalid_utf8("plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x90\xa7"), std::nullopt);
    EXPECT_EQ(find_invalid_utf8("ab\xff"), 2U);
    EXPECT_EQ(find_invalid_utf8("\xc3"), 0U) << "truncated";
    EXPECT_EQ(find_invalid_utf8("\xc3("), 0U) << "no continuation";
    EXPECT_EQ(find_invalid_utf8("\x80"), 0U) << "continuation alone";
    EXPECT_EQ(find_invalid_utf8("\xc0\xaf"), 0U) << "overlong";
    EXPECT_EQ(find_invalid_utf8("\xed\xa0\x80"), 0U) << "surrogate";
    EXPECT_EQ(find_invalid_utf8("\xf4\x90\x80\x80"), 0U) << "above U+10FFFF";
}

TEST(Text, QuotesSoThatATerminalIsNotSteered) {
    EXPECT_EQ(quoted("web"), "'web'");
    EXPECT_EQ(quoted("a\x1b[31m\n\x7f"), "'a\\x1b[31m\\x0a\\x7f'");
    EXPECT_EQ(quoted("\xc2\x9b"), "'\\xc2\\x9b'") << "C1: control sequence introducer";
    EXPECT_EQ(quoted("\xc3\xa9"), "'\xc3\xa9'");
}

TEST(Text, CutsBetweenCharacters) {
    EXPECT_EQ(quoted("abcdef", 3), "'abc...'");
    EXPECT_EQ(quoted("ab\xe2\x82\xac", 4), "'ab...'");
    EXPECT_EQ(quoted("ab\xe2\x82\xac", 5), "'ab\xe2\x82\xac'");
}

TEST(Text, FindsTheWordThatWasMeant) {
    constexpr std::array<std::string_view, 4> kKeys{"nodes", "podCIDRs", "underlay", "pods"};
    EXPECT_EQ(nearest_word("nodse", kKeys), "nodes") << "swapped";
    EXPECT_EQ(nearest_word("node", kKeys), "nodes") << "missing";
    EXPECT_EQ(nearest_word("podcidr", kKeys), "podCIDRs") << "case is no slip";
    EXPECT_EQ(nearest_word("underlays", kKeys), "underlay") << "too many";
    EXPECT_EQ(nearest_word("egress", kKeys), std::nullopt);
    EXPECT_EQ(nearest_word("", kKeys), std::nullopt);
    EXPECT_EQ(nearest_word(std::string(1'000'000, 'n'), kKeys), std::nullopt);
}

}  // namespace
}  // namespace flatlan
