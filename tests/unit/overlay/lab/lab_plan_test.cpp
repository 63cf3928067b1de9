#include "overlay/lab/lab_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "overlay/lab/capacity.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/underlay_plan.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

using testing::ElementsAre;

LabSpec spec_of(const std::string& spec, const std::string& manifests = {}) {
    auto lab = parse_lab_file(lab_with_spec(spec) + manifests, "lab.yaml");
    if (!lab) ADD_FAILURE() << lab.error().to_string();
    return std::move(lab).value().spec;
}

LabPlan plan_of(const LabSpec& spec, const LabPlan& running = {}) {
    auto plan = plan_lab(spec, running);
    if (!plan) ADD_FAILURE() << plan.error().to_string();
    return std::move(plan).value();
}

/// "pod@node" for each pod.
std::vector<std::string> places(const LabPlan& plan) {
    std::vector<std::string> out;
    for (const PlannedPod& pod : plan.pods)
        out.push_back(to_short_string(pod.name) + "@" + pod.node.text());
    return out;
}

/// "node=address" for each node, its IPv4 address.
std::vector<std::string> addresses(const LabPlan& plan) {
    std::vector<std::string> out;
    for (const PlannedNode& node : plan.nodes)
        out.push_back(node.name.text() + "=" + to_string(node.underlay.ipv4.value()));
    return out;
}

std::string pod(const std::string& name, const std::string& node) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
           "}\nspec: {nodeName: " + node + "}\n";
}

TEST(LabPlan, SpreadsPodsInTheOrderOfTheNodes) {
    EXPECT_THAT(places(plan_of(spec_of("  nodes: 3\n  pods: {count: 5}\n"))),
                ElementsAre("pod-1@n1", "pod-2@n2", "pod-3@n3", "pod-4@n1", "pod-5@n2"));
}

TEST(LabPlan, CountsBoundPodsBeforeItSpreadsAny) {
    const LabSpec spec =
        spec_of("  nodes: 3\n  pods: {count: 3}\n", pod("a", "n1") + pod("b", "n1"));
    EXPECT_THAT(places(plan_of(spec)),
                ElementsAre("a@n1", "b@n1", "pod-1@n2", "pod-2@n3", "pod-3@n2"));
}

TEST(LabPlan, GivesEachNodeAnAddressOfEachUnderlayFamily) {
    const LabPlan plan =
        plan_of(spec_of("  nodes: [{name: a}, {name: b, underlay: [172.30.0.1]}, {name: c}]\n"
                        "  underlay: {cidrs: [172.30.0.0/29, \"fd01::/64\"]}\n"));
    EXPECT_THAT(addresses(plan), ElementsAre("a=172.30.0.2", "b=172.30.0.1", "c=172.30.0.3"));
    EXPECT_EQ(plan.nodes[1].underlay.ipv6, Ipv6Address::from_text("fd01::2").value())
        << "the family that the file did not name";
}

TEST(LabPlan, GivesEtcdANodeOfItsOwnAfterTheOthers) {
    const LabPlan plan = plan_lab(spec_of("  nodes: 3\n  agents: process\n")).value();
    ASSERT_TRUE(plan.registry);
    EXPECT_EQ(plan.nodes.size(), 3U);
    EXPECT_EQ(plan.registry->name.text(), "etcd");
    EXPECT_EQ(to_string(endpoint_of(*plan.registry)), "172.31.0.4");
    EXPECT_FALSE(plan_lab(spec_of("  nodes: 3\n")).value().registry);
}

TEST(LabPlan, KeepsTheAddressOfEtcdWhileNodesCome) {
    const LabPlan before = plan_lab(spec_of("  nodes: 3\n  agents: process\n")).value();
    const LabPlan after = plan_lab(spec_of("  nodes: 5\n  agents: process\n"), before).value();
    EXPECT_EQ(after.registry->underlay, before.registry->underlay);
    for (const PlannedNode& node : after.nodes)
        EXPECT_NE(node.underlay, after.registry->underlay);
    const auto taken = plan_lab(
        spec_of("  nodes: [{name: a, underlay: [172.31.0.4]}]\n  agents: process\n"), before);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::invalid_argument);
}

TEST(LabPlan, LeavesTheNameOfEtcdsNodeToIt) {
    const auto plan = plan_lab(spec_of("  nodes: [{name: etcd}]\n  agents: process\n"));
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().to_string(),
              "lab.yaml:5: a node cannot be named 'etcd' with 'agents: process': that is the "
              "registry's (expected another name)");
    EXPECT_TRUE(plan_lab(spec_of("  nodes: [{name: etcd}]\n")));
}

TEST(LabPlan, UsesAnUnderlayPrefixToItsLastAddress) {
    const LabPlan plan = plan_of(spec_of("  nodes: 6\n  underlay: {cidrs: [172.30.0.0/29]}\n"));
    EXPECT_EQ(addresses(plan).back(), "n6=172.30.0.6");
    EXPECT_EQ(node_addresses(IpPrefix::from_text("172.30.0.0/31").value()), 0U);
    EXPECT_EQ(node_addresses(IpPrefix::from_text("172.30.0.0/32").value()), 0U);
    EXPECT_EQ(node_addresses(IpPrefix::from_text("fd00::/127").value()), 1U);
    EXPECT_EQ(node_addresses(IpPrefix::from_text("fd00::/128").value()), 0U);
}

TEST(LabPlan, UsesThePodPrefixesToTheirLastAddress) {
    const LabSpec spec = spec_of(
        "  nodes: 2\n  podCIDRs: [10.0.0.0/28]\n  blockSize: {ipv4: 29}\n"
        "  pods: {count: 14}\n");
    EXPECT_EQ(plan_of(spec).pods.size(), 14U) << "two blocks of eight, one address a node";
    const LabSpec singles = spec_of(
        "  nodes: 2\n  podCIDRs: [10.0.0.0/28]\n  blockSize: {ipv4: 32}\n  pods: {count: 14}\n");
    EXPECT_EQ(plan_of(singles).pods.size(), 14U) << "sixteen blocks of one";
}

TEST(LabPlan, CountsWholeBlocksOfEachNode) {
    // Five pods on one node take six addresses: two blocks of four. The other node takes one.
    const std::string pods = pod("a", "n1") + pod("b", "n1") + pod("c", "n1") + pod("d", "n1");
    const std::string small = "  nodes: 3\n  podCIDRs: [10.0.0.0/28]\n  blockSize: {ipv4: 30}\n";
    EXPECT_EQ(plan_of(spec_of(small, pods)).pods.size(), 4U);
    const std::string more = pods + pod("e", "n2") + pod("f", "n2") + pod("g", "n2");
    EXPECT_EQ(plan_of(spec_of(small, more)).pods.size(), 7U);
    EXPECT_FALSE(plan_lab(spec_of(small, more + pod("h", "n2"))));
}

TEST(LabPlan, SaysThatNoPrefixWouldBeLargeEnough) {
    const LabSpec spec =
        spec_of("  nodes: 600\n  podCIDRs: [10.0.0.0/8]\n  blockSize: {ipv4: 8}\n");
    const auto refused = plan_lab(spec);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().expected(), "a longer blockSize or fewer nodes and pods");
}

TEST(LabPlan, IsTheSameEachTime) {
    const LabSpec spec = spec_of("  nodes: 7\n  pods: {count: 100}\n", pod("a", "n3"));
    EXPECT_EQ(places(plan_of(spec)), places(plan_of(spec)));
    EXPECT_EQ(places(plan_of(spec, plan_of(spec))), places(plan_of(spec)));
}

TEST(LabPlan, KeepsWhatRuns) {
    const LabPlan running =
        plan_of(spec_of("  nodes: [{name: a}, {name: b}, {name: c}]\n"
                        "  pods: {count: 6}\n"));
    const LabPlan plan = plan_of(spec_of("  nodes: [{name: d}, {name: c}, {name: b}]\n"
                                         "  pods: {count: 7}\n"),
                                 running);
    EXPECT_THAT(addresses(plan), ElementsAre("d=172.31.0.1", "c=172.31.0.3", "b=172.31.0.2"));
    EXPECT_THAT(places(plan), ElementsAre("pod-1@d", "pod-2@b", "pod-3@c", "pod-4@d", "pod-5@b",
                                          "pod-6@c", "pod-7@d"))
        << "pods of the node that went are spread, the others stay";
}

TEST(LabPlan, MovesWhatTheFileBindsElsewhere) {
    const LabPlan running = plan_of(spec_of("  nodes: 2\n", pod("a", "n1") + pod("b", "n2")));
    const LabPlan plan =
        plan_of(spec_of("  nodes: [{name: n1, underlay: [172.31.0.2]}, {name: n2}]\n",
                        pod("a", "n2") + pod("b", "n2")),
                running);
    EXPECT_THAT(places(plan), ElementsAre("a@n2", "b@n2"));
    EXPECT_THAT(addresses(plan), ElementsAre("n1=172.31.0.2", "n2=172.31.0.1"))
        << "an address that the file names comes before one that is kept";
}

// Every node is used, none has two pods more than another, at the limits of a lab file.
TEST(LabPlan, SpreadsTheLargestLabEvenly) {
    const LabSpec spec = spec_of(
        "  nodes: 5000\n  podCIDRs: [10.0.0.0/8]\n"
        "  pods: {count: 100000}\n");
    std::map<std::string, std::size_t> pods_on;
    for (const PlannedPod& planned : plan_of(spec).pods)
        ++pods_on[planned.node.text()];
    EXPECT_EQ(pods_on.size(), 5000U);
    for (const auto& [node, count] : pods_on)
        EXPECT_EQ(count, 20U) << node;
}

}  // namespace
}  // namespace flatlan::lab
