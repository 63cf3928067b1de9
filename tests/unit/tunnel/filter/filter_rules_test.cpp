#include "tunnel/filter/filter_rules.hpp"

#include <gtest/gtest.h>

#include "tests/support/sample_cluster.hpp"

namespace flatlan::tunnel {
namespace {

TEST(FilterRules, CountAloneWhereSendersAreNotChecked) {
    const SampleCluster cluster = sample_cluster({.nodes = 3});
    const FilterRules rules = vxlan_filter(cluster.wanted_for(0));
    EXPECT_TRUE(rules.elements.empty());
    EXPECT_EQ(rules.table.find("drop"), std::string::npos) << rules.table;
    EXPECT_NE(rules.table.find("ip protocol udp @th,16,16 4789 @th,64,8 & 0x08 == 0x08 "
                               "@th,96,32 & 0xffffff00 == 0x00000100 ip saddr @received accept\n"
                               "ip protocol udp @th,16,16 4789 goto datagram\n"),
              std::string::npos)
        << rules.table;
    EXPECT_NE(rules.table.find("@th,64,64 & 0x08000000ffffff00 != 0x0800000000000100 goto strange"),
              std::string::npos)
        << rules.table;
}

TEST(FilterRules, AreTheSameForEveryNumberOfPeersWhereSendersAreNotChecked) {
    EXPECT_EQ(vxlan_filter(sample_cluster({.nodes = 2}).wanted_for(0)),
              vxlan_filter(sample_cluster({.nodes = 9}).wanted_for(0)));
}

TEST(FilterRules, AreNoneWhereNobodyCountsOrChecks) {
    SampleCluster cluster = sample_cluster({.nodes = 2});
    cluster.settings.peer_counts = PeerCounts::off;
    EXPECT_EQ(vxlan_filter(cluster.wanted_for(0)), FilterRules{});
    EXPECT_EQ(direct_filter(cluster.wanted_for(0), IfIndex{2}), FilterRules{});
    cluster.settings.sender_check = SenderCheck::on;
    EXPECT_NE(vxlan_filter(cluster.wanted_for(0)).table.find("senders4_26"), std::string::npos);
}

// The kernel keeps room for all elements that a set may have, so a size costs memory at once.
TEST(FilterRules, HaveRoomForTwiceAsManyPeersAsThereAre) {
    const auto rules_of = [](std::size_t nodes) {
        return vxlan_filter(sample_cluster({.nodes = nodes}).wanted_for(0)).table;
    };
    for (const auto& [nodes, room] : {std::pair<std::size_t, const char*>{2, "size 1024;"},
                                      {512, "size 1024;"},
                                      {513, "size 4096;"},
                                      {2048, "size 4096;"},
                                      {2049, "size 16384;"}})
        EXPECT_NE(rules_of(nodes).find(room), std::string::npos)
            << nodes << ": " << rules_of(nodes);
}

// A rule whose `add` finds the set full ends there; what follows it must not be a drop.
TEST(FilterRules, LetPassWhatCannotBeCounted) {
    SampleCluster cluster = sample_cluster({.nodes = 2});
    cluster.settings.sender_check = SenderCheck::on;
    const std::string rules = vxlan_filter(cluster.wanted_for(0)).table;
    EXPECT_NE(rules.find("@senders4_26 goto passed\n"), std::string::npos) << rules;
    EXPECT_NE(rules.find("chain passed { ip saddr @received accept\n"
                         "add @received { ip saddr counter }\naccept; }"),
              std::string::npos)
        << rules;
}

TEST(FilterRules, LookUpEachSenderByItsBlockWhereTheyAreChecked) {
    SampleCluster cluster = sample_cluster({.nodes = 2});
    cluster.settings.sender_check = SenderCheck::on;
    const FilterRules rules = vxlan_filter(cluster.wanted_for(0));
    const std::vector<FilterElement> expected{
        {"endpoints", "172.16.0.2"},
        {"senders4_26", "172.16.0.2 . 0x0a800040"},
        {"senders6_122", "172.16.0.2 . 0xfd000128000000000000000000000040"}};
    EXPECT_EQ(rules.elements, expected);
    EXPECT_NE(rules.table.find("ip saddr . (@th,336,32 & 0xffffffc0) @senders4_26"),
              std::string::npos)
        << rules.table;
}

TEST(FilterRules, HaveASetForEachLengthOfBlocks) {
    SampleCluster cluster = sample_cluster({.nodes = 3, .ipv6 = false});
    cluster.nodes[2].blocks.push_back(IpPrefix::from_text("10.200.0.0/24").value());
    EXPECT_EQ(block_lengths(cluster.wanted_for(0), IpFamily::ipv4),
              (std::vector<unsigned>{24, 26}));
    const FilterRules rules = direct_filter(cluster.wanted_for(0), IfIndex{7});
    for (const char* const part : {"set sent4_24 ", "set sent4_26 ", "set received4_24 ",
                                   "set received4_26 ", "iif 7 goto", "oif 7 goto"})
        EXPECT_NE(rules.table.find(part), std::string::npos) << part << " in\n" << rules.table;
}

}  // namespace
}  // namespace flatlan::tunnel
