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

TEST(Text, ShowsATerminalNothingThatSteersItOrItsReader) {
    EXPECT_EQ(for_terminal("eth0, 'web' and \xc3\xa9"), "eth0, 'web' and \xc3\xa9");
    EXPECT_EQ(for_terminal("a\x1b]0;b\a\r\n"), "a\\x1b]0;b\\x07\\x0d\\x0a");
    EXPECT_EQ(for_terminal("a\xe2\x80\xae"
                           "b"),
              "a\\xe2\\x80\\xaeb")
        << "right to left override";
    EXPECT_EQ(for_terminal("\xe2\x80\xa8\xe2\x81\xa6"), "\\xe2\\x80\\xa8\\xe2\\x81\\xa6");
    EXPECT_EQ(for_terminal("\xe2\x82\xac\xe2\x80\x94"), "\xe2\x82\xac\xe2\x80\x94") << "euro, dash";
    EXPECT_EQ(for_terminal("\x9b"
                           "1m\xff"),
              "\\x9b1m\\xff")
        << "no UTF-8";
}

TEST(Text, MakesOneWordForAShell) {
    for (const char* const plain :
         {"eth0", "eth0.5", "br-lan", "10.244.0.0/26", "fe80::1", "a@if2"})
        EXPECT_EQ(shell_word(plain), plain);
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("a;reboot"), "'a;reboot'");
    EXPECT_EQ(shell_word("$(reboot)"), "'$(reboot)'");
    EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_word("a b\n"), "'a b\n'");
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
