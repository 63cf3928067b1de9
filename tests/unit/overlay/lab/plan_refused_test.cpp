#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

// Under `spec:`, whose first line is 5: right in itself, and it does not fit.
constexpr RefusedText kUnplannable[] = {
    {"PodsThatDoNotFit", "  nodes: 1\n  podCIDRs: [10.244.0.0/26]\n  pods: {count: 70}\n",
     "6: pod prefix 10.244.0.0/26 is too small: 1 node and 70 pods need 2 blocks of /26, and it "
     "has 1 (expected a prefix of /25 or larger, such as 10.244.0.0/25, or smaller blocks)"},
    {"NodesThatDoNotFit", "  nodes: 1025\n  podCIDRs: [10.244.0.0/16]\n",
     "6: pod prefix 10.244.0.0/16 is too small: 1025 nodes and 0 pods need 1025 blocks of /26, and "
     "it has 1024 (expected a prefix of /15 or larger, such as 10.244.0.0/15, or smaller blocks)"},
    {"PodsThatDoNotFitIntoIpv6",
     "  nodes: 1\n  podCIDRs: [10.244.0.0/16, \"fd00::/122\"]\n  pods: {count: 64}\n",
     "6: pod prefix fd00::/122 is too small: 1 node and 64 pods need 2 blocks of /122, and it has "
     "1 (expected a prefix of /121 or larger, such as fd00::/121, or smaller blocks)"},
    {"NodesWithoutUnderlayAddresses", "  nodes: 15\n  underlay:\n    cidrs: [172.31.0.0/28]\n",
     "7: underlay prefix 172.31.0.0/28 has addresses for 14 nodes, and the lab has 15 (expected a "
     "prefix of /27 or larger, such as 172.31.0.0/27)"},
    {"MtuTooSmallForIpv6", "  underlay: {mtu: 1300}\n",
     "5: an underlay MTU of 1300 octets leaves less than 1280 for pods (expected at least 1330 "
     "octets)"},
    {"MtuTooSmallForIpv6OverIpv6", "  underlay:\n    cidrs: [\"fd01::/64\"]\n    mtu: 1340\n",
     "7: an underlay MTU of 1340 octets leaves less than 1280 for pods (expected at least 1350 "
     "octets)"},
    {"MtuTooSmallForAnIpv6Underlay",
     "  podCIDRs: [10.244.0.0/16]\n  underlay:\n    cidrs: [172.31.0.0/16, \"fd01::/64\"]\n    "
     "mtu: 1200\n",
     "8: an underlay MTU of 1200 octets is too small for an IPv6 underlay (expected at least 1280 "
     "octets)"},
    {"DirectWithoutASharedLink", "  tunnel: {backend: direct}\n",
     "5: the backend 'direct' needs nodes that share a link (expected underlay: {topology: "
     "bridged})"},
    {"DirectForSomeNodes",
     "  underlay: {topology: bridged}\n  nodes:\n  - {name: n1}\n  - {name: n2, backend: "
     "direct}\n",
     "8: node 'n2' has the backend 'direct' and the lab 'kernel': direct is of all nodes or of "
     "none"},
    {"MoreNodesThanABridgeHasPorts",
     "  nodes: 1001\n  podCIDRs: [10.240.0.0/12]\n  underlay: {topology: bridged}\n",
     "7: a bridged underlay takes 1000 nodes, and the lab has 1001 (expected topology: routed)"},
    {"NodeOutsideTheUnderlay", "  nodes:\n  - {name: n1, underlay: [10.0.0.1]}\n",
     "6: underlay address 10.0.0.1 of node 'n1' lies outside the underlay (expected an address "
     "from 172.31.0.1 to 172.31.255.254)"},
    {"NodeAtTheNetworkAddress", "  nodes: [{name: n1, underlay: [172.31.0.0]}]\n",
     "5: underlay address 172.31.0.0 of node 'n1' is reserved in its prefix (expected an address "
     "from 172.31.0.1 to 172.31.255.254)"},
    {"NodeAtTheBroadcastAddress", "  nodes: [{name: n1, underlay: [172.31.255.255]}]\n",
     "5: underlay address 172.31.255.255 of node 'n1' is reserved in its prefix (expected an "
     "address from 172.31.0.1 to 172.31.255.254)"},
    {"TwoNodesAtOneAddress",
     "  nodes:\n  - {name: n1, underlay: [172.31.0.7]}\n  - {name: n2, underlay: [172.31.0.7]}\n",
     "7: underlay address 172.31.0.7 of node 'n2' is also that of node 'n1' (lab.yaml:6) (expected "
     "one of its own)"},
    {"NodeOfAFamilyThatTheUnderlayHasNot", "  nodes: [{name: n1, underlay: [\"fd01::1\"]}]\n",
     "5: underlay address fd01::1 of node 'n1' is IPv6, and the underlay has no IPv6 prefix "
     "(expected an address inside 172.31.0.0/16)"},
};

class UnplannableLab : public testing::TestWithParam<RefusedText> {};

TEST_P(UnplannableLab, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto lab = parse_lab_file(lab_with_spec(GetParam().text), "lab.yaml");
    ASSERT_TRUE(lab) << lab.error().to_string();
    const auto refused = plan_lab(lab.value().spec);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, UnplannableLab, testing::ValuesIn(kUnplannable), name_of);

}  // namespace
}  // namespace flatlan::lab
