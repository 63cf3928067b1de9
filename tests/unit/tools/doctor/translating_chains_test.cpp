#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/doctor/filter_rules.hpp"

namespace flatlan::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Packets kPods{.family = IpFamily::ipv4,
                    .interface = "flat0",
                    .prefixes = {IpPrefix::from_text("10.244.0.0/16").value()}};

/// What changes pods' packets to pods, among these rules at the end of the way.
std::vector<std::string> translated(const std::string& rules, const std::string& others = "") {
    std::vector<std::string> found;
    for (const ClosedChain& chain : translating_chains(
             parse_ruleset("table ip nat {\n" + others +
                           "\tchain POSTROUTING {\n\t\ttype nat hook postrouting priority srcnat; "
                           "policy accept;\n\t\t" +
                           rules + "\n\t}\n}\n"),
             kPods))
        found.push_back(chain.chain + ": " + chain.why);
    return found;
}

TEST(TranslatingChains, ATranslationOfPodsPacketsIsNamed) {
    for (const char* rule :
         {"counter packets 0 bytes 0 masquerade fully-random",
          "ip saddr 10.244.0.0/16 snat to 192.168.56.11", "oifname != \"lo\" masquerade"})
        EXPECT_THAT(translated(rule), ElementsAre(testing::StartsWith("POSTROUTING: rule '")))
            << rule;
    for (const char* rule : {"ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade",
                             "oifname \"eth0\" masquerade", "ip saddr 172.17.0.0/16 masquerade",
                             "ip daddr 10.244.0.0/16 return\n\t\tmasquerade"})
        EXPECT_THAT(translated(rule), IsEmpty()) << rule;
    EXPECT_THAT(translated("jump KUBE-POSTROUTING",
                           "\tchain KUBE-POSTROUTING {\n"
                           "\t\tmeta mark & 0x00004000 != 0x00004000 return\n"
                           "\t\tmeta mark set meta mark ^ 0x00004000\n\t\tmasquerade\n\t}\n"),
                IsEmpty());
}

}  // namespace
}  // namespace flatlan::doctor
