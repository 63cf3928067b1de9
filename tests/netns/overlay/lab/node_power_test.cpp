// A node of a lab that loses its power and gets it again.

#include "tests/netns/overlay/lab/lab_fixture.hpp"

namespace flatlan::lab {
namespace {

TEST_F(LabTest, AStoppedNodeLosesItsPodsAndHasThemAgainWhenItStarts) {
    const LabStatus before = start(lab_text("  nodes: 3\n  pods: {count: 3}\n"));
    const NodeName n2 = NodeName::from("n2").value();
    const IpAddress far = *pod_of(before, "pod-2").ips.find(IpFamily::ipv4);
    ASSERT_EQ(ping(pod("pod-1"), far), 0);
    for (int round = 0; round < 2; ++round) {
        for (int twice = 0; twice < 2; ++twice) {
            const auto stopped = set_power(name_, n2, false);
            ASSERT_TRUE(stopped) << stopped.error().to_string();
        }
        const LabStatus off = get_status(name_).value();
        EXPECT_EQ(off.nodes[1].state, Phase::pending);
        EXPECT_EQ(off.nodes[1].netns_fd, -1);
        EXPECT_EQ(off.nodes[1].blocks, before.nodes[1].blocks);
        EXPECT_EQ(pod_of(off, "pod-2").state, Phase::pending);
        EXPECT_EQ(pod_of(off, "pod-2").netns_fd, -1);
        EXPECT_EQ(ping(pod("pod-1"), far), 1);
        EXPECT_EQ(ping(pod("pod-1"), *pod_of(before, "pod-3").ips.find(IpFamily::ipv4)), 0);
        EXPECT_EQ(run_in(node("n2"), {"true"}), 201) << "there is nothing to enter";
        EXPECT_EQ(run_in(pod("pod-2"), {"true"}), 201);
        const auto refused = apply_lab(file_of(lab_text("  nodes: 3\n  pods: {count: 6}\n")));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);

        const auto started = set_power(name_, n2, true);
        ASSERT_TRUE(started) << started.error().to_string();
        const LabStatus on = get_status(name_).value();
        EXPECT_EQ(on.nodes[1].state, Phase::running);
        EXPECT_EQ(pod_of(on, "pod-2").state, Phase::running);
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            EXPECT_EQ(ping(pod("pod-1"), *pod_of(on, "pod-2").ips.find(family)), 0);
            EXPECT_EQ(ping(pod("pod-2"), *pod_of(on, "pod-3").ips.find(family)), 0);
        }
    }
    EXPECT_TRUE(get_ipam(name_).value().findings.empty());
    EXPECT_EQ(set_power(name_, NodeName::from("n9").value(), false).error().code(),
              ErrorCode::not_found);
}

}  // namespace
}  // namespace flatlan::lab
