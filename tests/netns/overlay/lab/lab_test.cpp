// A whole lab in this process's hands, by the calls that the command line uses. Each test has a
// runtime directory of its own and ends its lab whatever happens.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "overlay/lab/runtime_directory.hpp"
#include "tests/netns/overlay/lab/lab_fixture.hpp"

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

TEST_F(LabTest, RunsAsPlanned) {
    const LabStatus status = start(lab_text("  nodes: 3\n  pods: {count: 6}\n"));
    EXPECT_EQ(status.state, Phase::running);
    ASSERT_EQ(status.nodes.size(), 3U);
    ASSERT_EQ(status.pods.size(), 6U);
    for (const NodeStatus& each : status.nodes) {
        EXPECT_EQ(each.state, Phase::running);
        EXPECT_EQ(each.blocks.size(), 2U);
        EXPECT_TRUE(each.overlay.ipv4 && each.overlay.ipv6);
    }
    for (const PodStatus& each : status.pods)
        EXPECT_EQ(each.state, Phase::running);
}

std::string bridged(const std::string& backend) {
    return lab_text(
        "  nodes: 2\n  pods: {count: 2}\n  underlay: {topology: bridged}\n"
        "  tunnel: {backend: " +
        backend + "}\n");
}

TEST_F(LabTest, OnABridgedUnderlayCarriesATunnel) {
    const LabStatus status = start(bridged("kernel"));
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        EXPECT_EQ(ping(pod("pod-1"), *pod_of(status, "pod-2").ips.find(family)), 0);
}

TEST_F(LabTest, WithoutATunnelPutsRightWhatSomebodyRemovesOfItsRoutes) {
    const LabStatus status = start(bridged("direct"));
    const auto repairs = [&] { return get_status(name_).value().nodes[0].repairs; };
    for (const std::string damage :
         {"ip route del 10.244.0.64/26", "ip -6 route del fd00:10:244::40/122",
          "ip -6 neighbour flush dev eth0 nud permanent", "sysctl -qw net.ipv4.ip_forward=0",
          "sysctl -qw net.ipv4.conf.eth0.rp_filter=0"}) {
        const auto before = repairs();
        ASSERT_EQ(run_in(node("n1"), {"sh", "-c", damage}), 0) << damage;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (repairs() == before && std::chrono::steady_clock::now() < deadline) {
        }
        EXPECT_GT(repairs(), before) << damage;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            EXPECT_EQ(ping(pod("pod-1"), *pod_of(status, "pod-2").ips.find(family)), 0) << damage;
    }
}

TEST_F(LabTest, CarriesPacketsBetweenPodsAndNodesInBothFamilies) {
    const LabStatus status = start(lab_text("  nodes: 2\n  pods: {count: 4}\n"));
    const PodStatus& far = status.pods.back();
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        EXPECT_EQ(ping(pod("pod-1"), *far.ips.find(family)), 0) << to_string(family);
        EXPECT_EQ(ping(pod("pod-1"), *pod_of(status, "pod-1").ips.find(family)), 0);
        EXPECT_EQ(ping(node("n1"), *far.ips.find(family)), 0);
        EXPECT_EQ(ping(pod("pod-1"), *status.nodes[1].overlay.find(family)), 0);
    }
}

TEST_F(LabTest, RefusesAnAddressThatNobodyHas) {
    start(lab_text("  nodes: 2\n  pods: {count: 2}\n"));
    EXPECT_EQ(ping(pod("pod-1"), IpAddress::from_text("10.244.200.1").value()), 1);
    EXPECT_EQ(ping(pod("pod-1"), IpAddress::from_text("10.244.0.60").value()), 1);
}

TEST_F(LabTest, RefusesASecondLabOfTheSameName) {
    start(lab_text("  nodes: 1\n"));
    const auto second = start_lab(spec_of(lab_text("  nodes: 1\n")), {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_exists);
    EXPECT_EQ(list_labs().value().size(), 1U);
}

TEST_F(LabTest, RunsBesideALabOfTheSameAddresses) {
    const LabStatus one = start(lab_text("  nodes: 2\n  pods: {count: 2}\n"));
    std::string other = lab_text("  nodes: 2\n  pods: {count: 2}\n");
    other.replace(other.find("test"), 4, "copy");
    const LabStatus two = start(other);
    EXPECT_EQ(one.pods[1].ips, two.pods[1].ips);
    EXPECT_NE(one.pods[1].netns_inode, two.pods[1].netns_inode);
    EXPECT_EQ(list_labs().value().size(), 2U);
    EXPECT_EQ(choose_lab("").error().code(), ErrorCode::invalid_argument);
}

TEST_F(LabTest, PassesTheCommandsStatusOn) {
    start(lab_text("  nodes: 1\n  pods: {count: 1}\n"));
    EXPECT_EQ(run_in(pod("pod-1"), {"sh", "-c", "exit 42"}), 42);
    EXPECT_EQ(run_in(pod("pod-1"), {"sh", "-c", "kill -TERM $$"}), 128 + SIGTERM);
    EXPECT_EQ(run_in(pod("pod-1"), {"no-such-program"}), 127);
    EXPECT_EQ(run_in(pod("pod-1"), {"/etc/passwd"}), 126);
}

TEST_F(LabTest, GivesEachPodItsHostNameAndDevices) {
    start(lab_text("  nodes: 1\n  pods: {count: 2}\n"));
    EXPECT_EQ(run_in(pod("pod-1"), {"sh", "-c", "test $(hostname) = pod-1"}), 0);
    EXPECT_EQ(run_in(node("n1"), {"sh", "-c", "test $(hostname) = n1"}), 0);
    EXPECT_EQ(
        run_in(pod("pod-2"), {"sh", "-c", "test \"$(echo $(ls /sys/class/net))\" = 'eth0 lo'"}), 0);
}

TEST_F(LabTest, SharesHostNameAndProcessesBetweenCommandsOfAPod) {
    start(lab_text("  nodes: 1\n  pods: {count: 1}\n"));
    const std::string uts = (folder_ / "uts").string();
    EXPECT_EQ(run_in(pod("pod-1"), {"sh", "-c", "readlink /proc/self/ns/uts > " + uts}), 0);
    EXPECT_EQ(run_in(pod("pod-1"),
                     {"sh", "-c", "test $(readlink /proc/self/ns/uts) = $(cat " + uts + ")"}),
              0);
}

TEST_F(LabTest, AppliesAChangedFileAndLeavesTheRestAlone) {
    const LabStatus before = start(lab_text("  nodes: 2\n  pods: {count: 4}\n"));
    const auto report = apply_lab(file_of(lab_text("  nodes: 3\n  pods: {count: 7}\n")));
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report.value().nodes_added, 1U);
    EXPECT_EQ(report.value().pods_added, 3U);
    EXPECT_EQ(report.value().pods_removed, 0U);

    const LabStatus after = get_status(name_).value();
    ASSERT_EQ(after.nodes.size(), 3U);
    for (const PodStatus& old : before.pods) {
        const PodStatus& still = pod_of(after, old.name.name());
        EXPECT_EQ(still.netns_inode, old.netns_inode);
        EXPECT_EQ(still.ips, old.ips);
    }
    for (const PodStatus& each : after.pods)
        EXPECT_EQ(ping(pod("pod-1"), *each.ips.find(IpFamily::ipv4)), 0) << each.name.name();

    const auto back = apply_lab(file_of(lab_text("  nodes: 2\n  pods: {count: 4}\n")));
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(back.value().nodes_removed, 1U);
    EXPECT_EQ(back.value().pods_removed, 3U);
    EXPECT_EQ(get_status(name_).value().pods.size(), 4U);
}

TEST_F(LabTest, AppliesTheSameFileWithoutAChange) {
    const std::string text = lab_text("  nodes: 2\n  pods: {count: 4}\n");
    start(text);
    const auto report = apply_lab(file_of(text));
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report.value().pods_added + report.value().pods_removed + report.value().nodes_added +
                  report.value().nodes_removed,
              0U);
}

TEST_F(LabTest, RefusesAChangeThatNeedsARestart) {
    start(lab_text("  nodes: 2\n"));
    const auto refused = apply_lab(file_of(lab_text("  nodes: 2\n  tunnel: {vni: 9}\n")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(get_status(name_).value().nodes.size(), 2U);
}

TEST_F(LabTest, LeavesNothingBehindWhenItEnds) {
    start(lab_text("  nodes: 2\n  pods: {count: 4}\n"));
    ASSERT_TRUE(stop_lab(name_));
    EXPECT_TRUE(list_labs().value().empty());
    EXPECT_FALSE(fs::exists(folder_ / "flatlan" / "test"));
    EXPECT_EQ(stop_lab(name_).error().code(), ErrorCode::not_found);
}

TEST_F(LabTest, IsGoneWhenItsSupervisorIsKilled) {
    start(lab_text("  nodes: 2\n  pods: {count: 4}\n"));
    const pid_t supervisor = choose_lab("").value().pid;
    kill(supervisor, SIGKILL);
    waitpid(supervisor, nullptr, 0);  // it is this process's child
    EXPECT_TRUE(list_labs().value().empty());
    EXPECT_FALSE(fs::exists(folder_ / "flatlan" / "test"));
    EXPECT_TRUE(start_lab(spec_of(lab_text("  nodes: 1\n")), {}));
}

TEST_F(LabTest, UndoesAStartThatIsGivenUp) {
    // The listener stands for the starter: a signal in the middle must end the lab.
    const int status = in_child([&] {
        const auto given_up = start_lab(spec_of(lab_text("  nodes: 2\n  pods: {count: 4}\n")),
                                        [](const Progress& step) {
                                            if (step.stage == "pods") kill(getpid(), SIGTERM);
                                        });
        return !given_up && given_up.error().code() == ErrorCode::interrupted ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(list_labs().value().empty());
}

TEST_F(LabTest, NamesTheLimitOfTheMachineThatIsReached) {
    // In a user namespace of its own, whose limits are its root's to set.
    const int status = in_child([&] {
        if (unshare(CLONE_NEWUSER) != 0) return 1;
        std::ofstream{"/proc/self/uid_map"} << "0 " << getuid() << " 1";
        std::ofstream{"/proc/sys/user/max_net_namespaces"} << "3";
        const auto refused = start_lab(spec_of(lab_text("  nodes: 5\n")), {});
        if (refused || refused.error().code() != ErrorCode::forbidden) return 2;
        return refused.error().expected().find("user.max_net_namespaces") == std::string::npos ? 3
                                                                                               : 0;
    });
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace flatlan::lab
