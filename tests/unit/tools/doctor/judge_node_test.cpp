#include "tools/doctor/judge_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace flatlan::doctor {
namespace {

using testing::HasSubstr;

IpAddress address(const char* text) { return IpAddress::from_text(text).value(); }

/// A node of three, on which all is well.
NodeFacts well() {
    NodeFacts facts;
    facts.node = node::NodeFile{.name = NodeName::from("n1").value(),
                                .overlay = {},
                                .cluster_prefixes = {IpPrefix::from_text("10.244.0.0/16").value()},
                                .mtu = OverlayMtu{1450},
                                .lease_file = {},
                                .confirmed = {}};
    Link tunnel{.index = IfIndex{9}, .name = InterfaceName{"flat0"}, .kind = "vxlan"};
    tunnel.flags = 1;  // IFF_UP
    tunnel.mtu = LinkMtu{1450};
    tunnel.vxlan = VxlanSettings{.local = address("192.168.56.11")};
    facts.tunnel = tunnel;
    facts.own_links = {tunnel};
    Link eth1{.index = IfIndex{3}, .name = InterfaceName{"eth1"}};
    eth1.mtu = LinkMtu{1500};
    facts.underlay =
        UnderlayFacts{.link = eth1, .address = address("192.168.56.11"), .port = Port{4789}};
    facts.peers = {{address("192.168.56.12"), {.device = IfIndex{3}}}};
    facts.sysctls = {{"net/ipv4/ip_forward", "1"}, {"net/ipv4/conf/all/rp_filter", "0"}};
    for (lab::Trial* trial :
         {&facts.features.veth, &facts.features.vxlan, &facts.features.nftables})
        *trial = lab::Trial::success();
    facts.clock_synchronized = true;
    facts.seconds_since_1970 = 1'800'000'000;
    return facts;
}

NodeCheck check_of(const NodeFacts& facts, const std::string& name) {
    const NodeReport report = judge_node(facts);
    const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                    [&](const NodeCheck& check) { return check.name == name; });
    EXPECT_NE(found, report.checks.end()) << name;
    return found == report.checks.end() ? NodeCheck{} : *found;
}

TEST(JudgeNode, AllIsWellOnAHostThatLeavesPodsAlone) {
    const NodeReport report = judge_node(well());
    EXPECT_TRUE(report.healthy());
    EXPECT_EQ(report.node, "n1");
    EXPECT_EQ(report.underlay, "eth1 192.168.56.11");
    for (const NodeCheck& check : report.checks) {
        EXPECT_EQ(check.state, NodeState::ok) << check.name << ": " << check.found;
        EXPECT_FALSE(check.found.empty()) << check.name;
    }
}

TEST(JudgeNode, BeforeTheDaemonHasJoinedNothingIsBroken) {
    NodeFacts facts = well();
    facts.node.reset();
    facts.no_node = "there is no /run/flatlan/node.json";
    facts.tunnel.reset();
    facts.own_links.clear();
    facts.underlay.reset();
    facts.peers.clear();
    const NodeReport report = judge_node(facts);
    EXPECT_TRUE(report.healthy());
    EXPECT_EQ(check_of(facts, "daemon").mend, "systemctl enable --now flatland");
}

TEST(JudgeNode, TheMendOfAFilterIsInTheWordsOfWhoeverMadeIt) {
    NodeFacts facts = well();
    const auto mend = [&](const ClosedChain& chain, bool docker = false) {
        facts.filters.forward = {chain};
        facts.filters.docker = docker;
        EXPECT_FALSE(judge_node(facts).healthy());
        return check_of(facts, "forward filter").mend;
    };
    EXPECT_EQ(mend({"ip", "filter", "FORWARD", "policy drop"}),
              "iptables -I FORWARD -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT");
    EXPECT_EQ(mend({"ip", "filter", "FORWARD", "policy drop"}, true),
              "iptables -I DOCKER-USER -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT");
    EXPECT_EQ(mend({"inet", "firewalld", "filter_FORWARD", "rule 'reject'"}),
              "firewall-cmd --permanent --zone=trusted --add-source=10.244.0.0/16 && "
              "firewall-cmd --reload");
    EXPECT_EQ(mend({"inet", "host", "forward", "policy drop"}),
              "nft insert rule inet host forward ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 "
              "accept");
}

TEST(JudgeNode, AFilterThatDropsSomePacketsIsDoubtful) {
    NodeFacts facts = well();
    const ClosedChain some{"ip", "filter", "INPUT", "rule 'a'", false};
    facts.filters.input = {some};
    facts.filters.forward = {some};
    for (const char* const name : {"tunnel port", "forward filter"}) {
        EXPECT_EQ(check_of(facts, name).state, NodeState::doubtful) << name;
        EXPECT_THAT(check_of(facts, name).found, HasSubstr("rule 'a'"));
        EXPECT_THAT(check_of(facts, name).mend, HasSubstr("iptables -I INPUT"));
    }
    facts.filters.input = {some, {"inet", "host", "input", "rule 'b'"}};
    EXPECT_EQ(check_of(facts, "tunnel port").state, NodeState::broken);
    EXPECT_EQ(check_of(facts, "tunnel port").mend,
              "nft insert rule inet host input udp dport 4789 accept");
}

TEST(JudgeNode, ATunnelPortIsDoubtfulWhereNotAllTablesAreSeen) {
    NodeFacts facts = well();
    facts.filters.legacy = true;
    EXPECT_EQ(check_of(facts, "tunnel port").state, NodeState::doubtful);
    facts.filters.legacy = false;
    facts.filters.unreadable = "there is no nft";
    EXPECT_THAT(check_of(facts, "tunnel port").found, HasSubstr("there is no nft"));
}

TEST(JudgeNode, DatagramsThatMayNotLeaveAreLostToo) {
    NodeFacts facts = well();
    facts.filters.output = {{"inet", "host", "output", "policy drop"}};
    const NodeCheck check = check_of(facts, "tunnel port");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_THAT(check.breaks, HasSubstr("what this node sends"));
}

TEST(JudgeNode, TranslatedPacketsAreDoubtful) {
    NodeFacts facts = well();
    facts.filters.translating = {{"ip", "nat", "POSTROUTING", "rule 'masquerade'"}};
    const NodeCheck check = check_of(facts, "address translation");
    EXPECT_EQ(check.state, NodeState::doubtful);
    EXPECT_EQ(check.mend,
              "nft insert rule ip nat POSTROUTING ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 "
              "accept");
}

TEST(JudgeNode, OneOfOurLinksThatDoesNotForwardIsBroken) {
    NodeFacts facts = well();
    facts.sysctls["net/ipv4/conf/flat0/forwarding"] = "0";
    NodeCheck check = check_of(facts, "forwarding");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_EQ(check.mend, "sysctl -w net.ipv4.conf.flat0.forwarding=1");
    facts.sysctls["net/ipv4/conf/flat0/forwarding"] = "1";
    facts.sysctls["net/ipv6/conf/flat0/disable_ipv6"] = "1";
    EXPECT_EQ(check_of(facts, "forwarding").state, NodeState::ok);  // no pod has IPv6
    facts.node->cluster_prefixes.push_back(IpPrefix::from_text("fd00:10:244::/56").value());
    check = check_of(facts, "forwarding");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_EQ(check.found, "net.ipv6.conf.flat0.disable_ipv6 is 1");
    EXPECT_EQ(check.mend, "sysctl -w net.ipv6.conf.flat0.disable_ipv6=0");
}

TEST(JudgeNode, OtherBackendsAreNoWorse) {
    NodeFacts facts = well();
    facts.node->backend = "user";
    facts.tunnel->kind = "tun";
    facts.tunnel->vxlan.reset();
    facts.peers.clear();
    for (const NodeCheck& check : judge_node(facts).checks)
        EXPECT_EQ(check.state, NodeState::ok) << check.name << ": " << check.found;

    facts.node->backend = "direct";
    facts.node->mtu = OverlayMtu{1500};
    facts.tunnel.reset();
    facts.own_links.clear();
    facts.underlay->port.reset();
    for (const NodeCheck& check : judge_node(facts).checks)
        EXPECT_EQ(check.state, NodeState::ok) << check.name << ": " << check.found;
}

TEST(JudgeNode, AStrictReversePathFilterBreaksAWayByAnotherInterface) {
    NodeFacts facts = well();
    facts.peers.front().route.device = IfIndex{2};
    EXPECT_EQ(check_of(facts, "reverse path filter").state, NodeState::doubtful);
    facts.sysctls["net/ipv4/conf/eth1/rp_filter"] = "1";
    const NodeCheck strict = check_of(facts, "reverse path filter");
    EXPECT_EQ(strict.state, NodeState::broken);
    EXPECT_THAT(strict.found, HasSubstr("192.168.56.12"));
    EXPECT_EQ(strict.mend,
              "sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth1.rp_filter=2");
    facts.sysctls["net/ipv4/conf/all/rp_filter"] = "2";  // the greater of the two holds
    EXPECT_EQ(check_of(facts, "reverse path filter").state, NodeState::doubtful);
}

TEST(JudgeNode, ManagersOfNetworksThatTookOurDevicesAreNamed) {
    NodeFacts facts = well();
    facts.managed = {"flat0 (systemd-networkd: configured)"};
    EXPECT_THAT(check_of(facts, "network managers").mend, HasSubstr("networkctl reload"));
    facts.managed = {"flat0 (NetworkManager)"};
    const NodeCheck check = check_of(facts, "network managers");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_THAT(check.mend, HasSubstr("nmcli general reload"));
}

TEST(JudgeNode, AModuleThatIsMissingIsBroken) {
    NodeFacts facts = well();
    facts.features.nftables = lab::Trial::refused("Operation not supported");
    EXPECT_EQ(check_of(facts, "kernel modules").state, NodeState::doubtful);
    facts.features.vxlan = lab::Trial::refused("Operation not supported");
    const NodeCheck check = check_of(facts, "kernel modules");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_EQ(check.mend, "modprobe -a vxlan nf_tables");
}

TEST(JudgeNode, SaysWhatTheMtuOfTheUnderlayWouldHaveToBe) {
    NodeFacts facts = well();
    facts.underlay->link.mtu = LinkMtu{1499};
    const NodeCheck small = check_of(facts, "mtu");
    EXPECT_EQ(small.state, NodeState::broken);
    EXPECT_EQ(small.mend, "ip link set eth1 mtu 1500");
    facts.underlay->link.mtu = LinkMtu{1500};
    facts.tunnel->mtu = LinkMtu{1400};
    EXPECT_EQ(check_of(facts, "mtu").mend, "ip link set flat0 mtu 1450");
}

TEST(JudgeNode, AnAddressThatAnotherMachineHasTooIsBroken) {
    NodeFacts facts = well();
    facts.underlay->other_owner = MacAddress::from_text("02:00:00:00:00:07").value();
    const NodeCheck check = check_of(facts, "same address");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_EQ(check.found, "02:00:00:00:00:07 on eth1 has 192.168.56.11 too");
    facts.underlay->other_owner.reset();
    facts.underlay->address = address("10.0.2.15");
    EXPECT_EQ(check_of(facts, "same address").state, NodeState::doubtful);
}

TEST(JudgeNode, AnAddressThatNoInterfaceHasIsBroken) {
    NodeFacts facts = well();
    EXPECT_EQ(check_of(facts, "own address").found, "192.168.56.11 on eth1");
    facts.underlay.reset();
    facts.lost_address = address("192.168.56.11");
    const NodeCheck check = check_of(facts, "own address");
    EXPECT_EQ(check.state, NodeState::broken);
    EXPECT_THAT(check.found, HasSubstr("no interface has 192.168.56.11"));
}

TEST(JudgeNode, AClockThatNobodySetsIsDoubtfulAndAnImpossibleOneBroken) {
    NodeFacts facts = well();
    facts.clock_synchronized = false;
    EXPECT_EQ(check_of(facts, "clock").state, NodeState::doubtful);
    facts.seconds_since_1970 = 86'400;
    EXPECT_EQ(check_of(facts, "clock").state, NodeState::broken);
}

TEST(JudgeNode, PacketsThatNowComeWithWrongChecksumsAreDoubtful) {
    NodeFacts facts = well();
    facts.wrong_checksums = 12;
    EXPECT_EQ(check_of(facts, "offloads").state, NodeState::ok);
    EXPECT_THAT(check_of(facts, "offloads").found, HasSubstr("12 packets"));
    facts.wrong_checksums_now = 1;
    const NodeCheck check = check_of(facts, "offloads");
    EXPECT_EQ(check.state, NodeState::doubtful);
    EXPECT_THAT(check.mend, HasSubstr("ethtool -K eth1 tx off"));
}

}  // namespace
}  // namespace flatlan::doctor
