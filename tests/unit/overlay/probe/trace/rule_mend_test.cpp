#include "overlay/probe/trace/rule_mend.hpp"

#include <gtest/gtest.h>

namespace flatlan::trace {
namespace {

TEST(RuleMendTest, IsACommandOfTheFiltersOwnTool) {
    EXPECT_EQ(mend_rule("inet guard c", 7), "nft delete rule inet guard c handle 7");
    EXPECT_EQ(mend_policy("ip filter FORWARD"),
              "nft 'add chain ip filter FORWARD { policy accept; }'");
    EXPECT_EQ(mend_rule("iptables-legacy filter FORWARD", 2),
              "iptables-legacy -t filter -D FORWARD 2");
    EXPECT_EQ(mend_policy("ip6tables-legacy filter INPUT"),
              "ip6tables-legacy -t filter -P INPUT ACCEPT");
}

TEST(RuleMendTest, IsNoneWhereANameWouldBeMoreThanAName) {
    for (const char* const chain :
         {"", "inet", "inet guard", "inet guard c d", "inet guard $(reboot)", "inet a;b c",
          "inet 'a' c", "inet guard -f", "sh guard c", "iptables filter FORWARD",
          "iptables-legacy filter --flush", "inet gu\x1b[2Jard c", "inet guard c\r"}) {
        EXPECT_EQ(mend_rule(chain, 7), "") << chain;
        EXPECT_EQ(mend_policy(chain), "") << chain;
        EXPECT_FALSE(is_mend_of(chain, "")) << chain;
    }
}

TEST(RuleMendTest, IsKnownFromEveryOtherCommand) {
    for (const char* const chain : {"inet guard c", "iptables-legacy filter FORWARD"}) {
        EXPECT_TRUE(is_mend_of(chain, mend_rule(chain, 18'446'744'073'709'551'615U)));
        EXPECT_TRUE(is_mend_of(chain, mend_policy(chain)));
        for (const char* const more : {" ; reboot", "\nreboot", " 8", " ", "\x1b[2K"})
            EXPECT_FALSE(is_mend_of(chain, mend_rule(chain, 7) + more)) << more;
        EXPECT_FALSE(is_mend_of(chain, mend_rule("inet other c", 7)));
    }
    for (const char* const other :
         {"reboot", "nft flush ruleset", "nft delete rule inet guard c handle 07",
          "nft delete rule inet guard c handle -1", "nft delete rule inet guard c handle ",
          "nft delete rule inet guard c handle 7 # handle 7"})
        EXPECT_FALSE(is_mend_of("inet guard c", other)) << other;
}

}  // namespace
}  // namespace flatlan::trace
