#include "tools/doctor/filter_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpPrefix prefix(const char* text) { return IpPrefix::from_text(text).value(); }

const Packets kPods{
    .family = IpFamily::ipv4, .interface = "flat0", .prefixes = {prefix("10.244.0.0/16")}};
const Packets kDatagrams{.family = IpFamily::ipv4,
                         .interface = "eth1",
                         .prefixes = {prefix("192.168.56.12/32")},
                         .port = Port{4789}};

/// The chain forward of a table, with the rules in it, and whatever else the table has.
std::string forward(const std::string& policy, const std::string& rules,
                    const std::string& others = "") {
    return "table ip filter {\n" + others +
           "\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy " + policy +
           ";\n" + rules + "\t}\n}\n";
}

std::vector<std::string> closed(const std::string& ruleset, const Packets& packets = kPods) {
    std::vector<std::string> found;
    for (const ClosedChain& chain : closed_chains(parse_ruleset(ruleset), "forward", packets))
        found.push_back(chain.family + ' ' + chain.table + ' ' + chain.chain + ": " +
                        (chain.wholly ? "" : "some: ") + chain.why);
    return found;
}

TEST(FilterRules, NothingIsClosedWithoutRules) {
    EXPECT_THAT(closed(""), IsEmpty());
    EXPECT_THAT(closed(forward("accept", "")), IsEmpty());
}

TEST(FilterRules, APolicyThatDropsIsNamed) {
    EXPECT_THAT(closed(forward("drop", "")), ElementsAre("ip filter FORWARD: policy drop"));
    EXPECT_THAT(closed(forward("drop",
                               "\t\tiifname \"docker0\" counter packets 0 bytes 0 accept\n"
                               "\t\tct state established,related accept\n")),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, ARuleThatAcceptsPodsOpens) {
    for (const char* rule :
         {"ip saddr 10.244.0.0/16 counter packets 3 bytes 252 accept",
          "ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 accept", "iifname \"flat0\" accept",
          "iifname { \"eth0\", \"flat0\" } accept", "counter packets 1 bytes 84 accept"})
        EXPECT_THAT(closed(forward("drop", "\t\t" + std::string{rule} + "\n")), IsEmpty()) << rule;
    EXPECT_THAT(closed(forward("drop", "\t\tip saddr 10.245.0.0/16 accept\n")),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, AnUnconditionalRuleClosesWhateverStandsBehindIt) {
    EXPECT_THAT(closed(forward("accept",
                               "\t\tcounter packets 9 bytes 84 drop\n"
                               "\t\tip saddr 10.244.0.0/16 accept\n")),
                ElementsAre("ip filter FORWARD: rule 'drop'"));
    EXPECT_THAT(closed(forward("accept", "\t\treject with icmpx admin-prohibited\n")),
                ElementsAre("ip filter FORWARD: rule 'reject with icmpx admin-prohibited'"));
}

/// One rule before a policy that accepts.
std::vector<std::string> closed_by(const std::string& rule, const Packets& packets) {
    return closed(forward("accept", "\t\t" + rule + "\n"), packets);
}

TEST(FilterRules, ARuleThatDropsThemIsNamed) {
    for (const char* rule :
         {"udp dport 4789 counter packets 0 bytes 0 drop", "iifname \"eth1\" drop",
          "ip saddr 192.168.56.0/24 udp dport 4000-5000 reject", "ip protocol udp drop",
          "meta l4proto { tcp, udp } th dport { 53, 4789 } drop", "udp dport != 53 drop",
          "ip saddr 192.168.56.12 drop", "iifname \"eth*\" udp dport 4789 drop"})
        EXPECT_THAT(closed_by(rule, kDatagrams),
                    ElementsAre(testing::StartsWith("ip filter FORWARD: rule '")))
            << rule;
    for (const char* rule :
         {"iifname \"flat0\" drop", "oifname \"flat0\" reject", "ip saddr 10.244.0.0/16 drop",
          "ip daddr 10.0.0.0/8 drop", "iifname != \"cni0\" drop"})
        EXPECT_THAT(closed_by(rule, kPods),
                    ElementsAre(testing::StartsWith("ip filter FORWARD: rule '")))
            << rule;
}

TEST(FilterRules, ARuleThatDropsSomeOfThemIsDoubtful) {
    for (const char* rule :
         {"ip daddr 10.244.3.0/26 drop", "ip saddr 10.244.0.0/16 tcp dport 25 drop",
          "iifname \"flat0\" ct state invalid drop"})
        EXPECT_THAT(closed_by(rule, kPods),
                    ElementsAre(testing::StartsWith("ip filter FORWARD: some: rule '")))
            << rule;
    EXPECT_THAT(closed_by("udp dport 4789 limit rate over 10/second drop", kDatagrams),
                ElementsAre(testing::StartsWith("ip filter FORWARD: some: rule '")));
    // What is dropped for certain is told instead.
    EXPECT_THAT(closed(forward("drop", "\t\tip daddr 10.244.3.0/26 drop\n")),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, ARuleThatDropsOthersIsNot) {
    for (const char* rule :
         {"udp dport 53 drop", "tcp dport 4789 drop", "iifname \"eth1\" tcp dport 22 drop",
          "iifname \"lo\" drop", "ip saddr 192.168.57.0/24 drop", "ct state invalid drop",
          "ip6 saddr fd00::/8 drop", "iifname != \"eth1\" drop", "ip saddr @blocked drop",
          "udp dport != 4789 drop", ""})
        EXPECT_THAT(closed_by(rule, kDatagrams), IsEmpty()) << rule;
    EXPECT_THAT(closed("table inet flatlan_tunnel {\n\tchain input {\n\t\ttype filter hook forward "
                       "priority 0; policy accept;\n\t\tudp dport 4789 drop\n\t}\n}\n",
                       kDatagrams),
                IsEmpty());
}

TEST(FilterRules, FollowsJumpsAndComesBackFromThem) {
    const std::string user = "\tchain DOCKER-USER {\n\t\treturn\n\t}\n";
    EXPECT_THAT(closed(forward("drop", "\t\tjump DOCKER-USER\n", user)),
                ElementsAre("ip filter FORWARD: policy drop"));
    const std::string opened =
        "\tchain DOCKER-USER {\n\t\tip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 accept\n\t}\n";
    EXPECT_THAT(closed(forward("drop", "\t\tcounter packets 1 bytes 2 jump DOCKER-USER\n", opened)),
                IsEmpty());
    EXPECT_THAT(closed(forward("drop", "\t\tgoto DOCKER-USER\n\t\taccept\n", user)),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, AChainThatLeadsToItselfEnds) {
    const std::string loop = "\tchain a {\n\t\tjump b\n\t}\n\tchain b {\n\t\tjump a\n\t}\n";
    EXPECT_THAT(closed(forward("drop", "\t\tjump a\n", loop)),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, FirewalldsZonesAreFollowed) {
    const std::string ruleset =
        "table inet firewalld {\n"
        "\tct helper ftp {\n\t\ttype \"ftp\" protocol tcp\n\t\tl3proto inet\n\t}\n"
        "\tchain filter_FORWARD {\n"
        "\t\ttype filter hook forward priority filter + 10; policy accept;\n"
        "\t\tct state { established, related } accept\n"
        "\t\tjump filter_FORWARD_ZONES\n"
        "\t\treject with icmpx admin-prohibited\n\t}\n"
        "\tchain filter_FORWARD_ZONES {\n%\t\tgoto filter_FWD_public\n\t}\n"
        "\tchain filter_FWD_public {\n\t\treject with icmpx admin-prohibited\n\t}\n"
        "\tchain filter_FWD_trusted {\n\t\taccept\n\t}\n}\n";
    const auto with = [&](const std::string& zone) {
        std::string text = ruleset;
        return text.replace(text.find('%'), 1, zone);
    };
    EXPECT_THAT(closed(with("")),
                ElementsAre("inet firewalld filter_FORWARD: rule 'reject with icmpx "
                            "admin-prohibited'"));
    EXPECT_THAT(closed(with("\t\tip saddr 10.244.0.0/16 goto filter_FWD_trusted\n")), IsEmpty());
}

TEST(FilterRules, OtherHooksAndFamiliesAreLeftAlone) {
    const Packets ipv6{
        .family = IpFamily::ipv6, .interface = "flat0", .prefixes = {prefix("fd00:10:244::/56")}};
    EXPECT_THAT(closed(forward("drop", ""), ipv6), IsEmpty());
    EXPECT_THAT(closed_chains(parse_ruleset(forward("drop", "")), "input", kPods), IsEmpty());
}

TEST(FilterRules, ARuleThatOnlyCountsDecidesNothing) {
    const std::string counts = "\t\tcounter packets 0 bytes 0\n";
    EXPECT_THAT(closed(forward("accept", counts)), IsEmpty());
    EXPECT_THAT(closed(forward("drop", counts)), ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, WhatACommentOrALogSaysIsNoVerdict) {
    for (const char* rule :
         {"accept comment \"let pods pass\"", "accept comment \"never drop pods\"",
          "ip saddr 10.0.0.0/8 accept comment \"# no more; { drop\""})
        EXPECT_THAT(closed(forward("drop", "\t\t" + std::string{rule} + "\n")), IsEmpty()) << rule;
    for (const char* rule :
         {"log prefix \"will drop \"",
          "log prefix \"drop {\" level debug flags tcp sequence,options", "log flags all",
          "continue comment \"drop\"", "ip saddr 10.244.0.0/16 comment \"\""})
        EXPECT_THAT(closed_by(rule, kPods), IsEmpty()) << rule;
    EXPECT_THAT(closed_by("log prefix \"accept \" level warn drop", kPods),
                ElementsAre("ip filter FORWARD: rule 'drop'"));
    EXPECT_THAT(closed_by("iifname \"flat0\" limit rate 1/second burst 9 packets drop", kPods),
                ElementsAre(testing::StartsWith("ip filter FORWARD: some: rule '")));
}

TEST(FilterRules, AReturnThatFitsLeavesItsChain) {
    const auto chain = [](const std::string& rule) {
        return "\tchain DOCKER-USER {\n\t\t" + rule + " return\n\t\tdrop\n\t}\n";
    };
    const std::string jump = "\t\tjump DOCKER-USER\n";
    EXPECT_THAT(
        closed(forward("accept", jump, chain("ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16"))),
        IsEmpty());
    EXPECT_THAT(closed(forward("accept", jump, chain("ip saddr 10.245.0.0/16"))),
                ElementsAre("ip filter FORWARD: rule 'drop'"));
    for (const char* rule : {"ip saddr 10.244.3.0/24", "ip saddr @pods"})
        EXPECT_THAT(closed(forward("accept", jump, chain(rule))),
                    ElementsAre("ip filter FORWARD: some: rule 'drop'"))
            << rule;
}

TEST(FilterRules, AnAcceptThatCannotBeCalculatedMakesALaterDropDoubtful) {
    for (const char* rule :
         {"ip saddr @nodes accept", "udp dport @p accept", "udp dport vmap @ports",
          "ip saddr . udp dport @pairs accept", "ip saddr 192.168.56.12 ip length 100 accept",
          "ip saddr @nodes jump allowed", "ip saddr @nodes goto allowed"})
        EXPECT_THAT(closed(forward("drop", "\t\t" + std::string{rule} + "\n",
                                   "\tchain allowed {\n\t\taccept\n\t}\n"),
                           kDatagrams),
                    ElementsAre("ip filter FORWARD: some: policy drop"))
            << rule;
    EXPECT_THAT(closed(forward("drop", "\t\tip saddr 10.244.3.0/24 accept\n")),
                ElementsAre("ip filter FORWARD: some: policy drop"));
    EXPECT_THAT(closed(forward("drop", "\t\tip saddr @nodes tcp dport 22 accept\n"), kDatagrams),
                ElementsAre("ip filter FORWARD: policy drop"));
}

TEST(FilterRules, MapsConcatenationsAndRangesAreCalculated) {
    for (const char* rule :
         {"udp dport vmap { 22 : drop, 4789 : accept }", "udp dport vmap { 53 : drop, * : accept }",
          "ip saddr . udp dport { 10.0.0.1 . 22, 192.168.56.0/24 . 4789 } accept",
          "meta l4proto . th dport vmap { tcp . 22 : drop, udp . 4789 : goto allowed }",
          "iifname . ip saddr { \"eth0\" . 0.0.0.0/0, \"eth1\" . 192.168.56.1-192.168.56.99 } "
          "accept",
          "ip saddr 192.168.0.0-192.168.255.255 accept"})
        EXPECT_THAT(closed(forward("drop", "\t\t" + std::string{rule} + "\n",
                                   "\tchain allowed {\n\t\taccept\n\t}\n"),
                           kDatagrams),
                    IsEmpty())
            << rule;
    EXPECT_THAT(closed_by("ip saddr 10.0.0.0-10.255.255.255 drop", kPods),
                ElementsAre("ip filter FORWARD: rule 'ip saddr 10.0.0.0-10.255.255.255 drop'"));
    EXPECT_THAT(closed_by("ct state vmap { established : accept, invalid : drop }", kPods),
                IsEmpty());
    EXPECT_THAT(closed_by("iifname . oifname { \"eth0\" . \"flat0\" } drop", kPods), IsEmpty());
    EXPECT_THAT(closed_by("fib saddr . iif oif missing drop", kPods), IsEmpty());
}

TEST(FilterRules, AChainOfADeviceSeesWhatComesByIt) {
    const auto closed_at_ingress = [](const std::string& devices) {
        return closed_chains(parse_ruleset("table netdev n {\n\tchain in {\n\t\ttype filter hook "
                                           "ingress " +
                                           devices + " priority 0; policy drop;\n\t}\n}\n"),
                             "ingress", kPods);
    };
    EXPECT_EQ(closed_at_ingress("device \"flat0\"").size(), 1U);
    EXPECT_EQ(closed_at_ingress("devices = { \"eth1\", \"flat0\" }").size(), 1U);
    EXPECT_THAT(closed_at_ingress("device \"eth1\""), IsEmpty());
}

TEST(FilterRules, OfUnknownAddressesNothingIsSaidForCertain) {
    Packets datagrams = kDatagrams;
    datagrams.prefixes.clear();
    EXPECT_THAT(closed(forward("drop", "\t\tip saddr 192.168.56.0/24 accept\n"), datagrams),
                ElementsAre("ip filter FORWARD: some: policy drop"));
}

TEST(FilterRules, BearsTextThatIsCutOffAnywhere) {
    const std::string whole = forward("drop", "\t\tjump a\n", "\tchain a {\n\t\treturn\n\t}\n");
    const std::string maps = forward(
        "drop",
        "\t\tiifname . oifname { \"flat0\" . \"eth0\" } log prefix \"a b\" level warn accept\n"
        "\t\tmeta l4proto . th dport vmap { udp . 4789 : jump a, * : drop }\n");
    for (const std::string& text : {whole, maps})
        for (std::size_t size = 0; size < text.size(); ++size)
            EXPECT_LE(closed(text.substr(0, size), kDatagrams).size(), 1U);
}

}  // namespace
}  // namespace flatlan::doctor
