#include "tunnel/consistency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_cluster.hpp"

namespace flatlan::tunnel {
namespace {

using ::testing::HasSubstr;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }

/// One thing that is wrong with an otherwise good cluster of four, seen from n0.
struct Fault {
    const char* name;
    void (*break_it)(SampleCluster&);
    const char* message;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class Inconsistent : public ::testing::TestWithParam<Fault> {};

TEST_P(Inconsistent, IsRefusedByName) {
    SampleCluster cluster = sample_cluster({.nodes = 4});
    ASSERT_TRUE(check_consistent(cluster.wanted_for(0)));
    GetParam().break_it(cluster);

    const auto refused = check_consistent(cluster.wanted_for(0));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().text(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, Inconsistent,
    ::testing::Values(
        Fault{"SameEndpoint", [](auto& c) { c.nodes[3].endpoint = c.nodes[2].endpoint; },
              "node 'n3': endpoint 172.16.0.3 belongs to node 'n2'"},
        Fault{"OwnEndpoint", [](auto& c) { c.nodes[3].endpoint = c.nodes[0].endpoint; },
              "node 'n3': endpoint 172.16.0.1 belongs to node 'n0'"},
        Fault{"SameMac", [](auto& c) { c.nodes[1].mac = c.nodes[2].mac; }, "belongs to node 'n1'"},
        Fault{"OwnMac", [](auto& c) { c.nodes[2].mac = c.nodes[0].mac; }, "node 'n2': MAC address"},
        Fault{"AnnouncedTwice",
              [](auto& c) {
                  c.nodes.push_back(sample_node({}, 9));
                  c.nodes.back().name = c.nodes[1].name;
              },
              "node 'n1': the name n1 belongs to node 'n1'"},
        Fault{"SameBlock", [](auto& c) { c.nodes[3].blocks.push_back(c.nodes[2].blocks[0]); },
              "node 'n3': block 10.128.0.128/26 overlaps 10.128.0.128/26 of node 'n2'"},
        Fault{"BlockInBlock", [](auto& c) { c.nodes[3].blocks.push_back(prefix("10.128.0.0/25")); },
              "block 10.128.0.0/26 overlaps 10.128.0.0/25 of node 'n3'"},
        Fault{"OwnAddressOfAnother",
              [](auto& c) { c.nodes[3].overlay.ipv4 = c.nodes[0].overlay.ipv4; },
              "node 'n3': its address 10.128.0.1 lies in none of its blocks"},
        Fault{"BlockOutside", [](auto& c) { c.nodes[1].blocks.push_back(prefix("0.0.0.0/0")); },
              "node 'n1': block 0.0.0.0/0 lies outside the cluster's prefixes"},
        Fault{"EndpointBehindTheTunnel",
              [](auto& c) { c.nodes[1].endpoint = address("10.129.0.1"); },
              "node 'n1': endpoint 10.129.0.1 lies inside the cluster's prefixes"},
        Fault{"EndpointOfTheOtherFamily", [](auto& c) { c.nodes[2].endpoint = address("fd16::1"); },
              "node 'n2': endpoint fd16::1 is not of the family of 172.16.0.1"},
        Fault{"EndpointMulticast", [](auto& c) { c.nodes[2].endpoint = address("239.0.0.1"); },
              "endpoint 239.0.0.1 is no unicast address"},
        Fault{"EndpointUnspecified", [](auto& c) { c.nodes[2].endpoint = address("0.0.0.0"); },
              "endpoint 0.0.0.0 is no unicast address"},
        Fault{"MacMulticast",
              [](auto& c) { c.nodes[2].mac = MacAddress::from_text("01:00:5e:00:00:01").value(); },
              "MAC address 01:00:5e:00:00:01 is no unicast address"},
        Fault{"MacZero", [](auto& c) { c.nodes[2].mac = MacAddress{}; },
              "MAC address 00:00:00:00:00:00 is no unicast address"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Consistency, OneNodeMayHaveBlocksThatTouch) {
    SampleCluster cluster = sample_cluster({.nodes = 2});
    cluster.nodes[1].blocks.push_back(prefix("10.128.0.128/25"));
    EXPECT_TRUE(check_consistent(cluster.wanted_for(0)));
    EXPECT_TRUE(check_consistent(cluster.wanted_for(1)));
}

}  // namespace
}  // namespace flatlan::tunnel
