#include "overlay/lab/lab_status.hpp"

#include <gtest/gtest.h>

namespace flatlan::lab {
namespace {

LabStatus sample() {
    LabStatus status{.lab = LabName::from("demo").value(), .state = Phase::running};
    NodeStatus node{.name = NodeName::from("n1").value(), .state = Phase::running};
    node.underlay.set(IpAddress::from_text("172.31.0.1").value());
    node.overlay.set(IpAddress::from_text("10.244.0.0").value());
    node.overlay.set(IpAddress::from_text("fd00:10:244::").value());
    node.blocks = {IpPrefix::from_text("10.244.0.0/26").value(),
                   IpPrefix::from_text("fd00:10:244::/122").value()};
    node.tunnel = tunnel::TunnelFigures{
        .sent = {7, 700},
        .received = {8, 800},
        .drops = {{"rx_errors", 1}},
        .offloads = {"rx-checksumming"},
        .peers = {{.node = NodeName::from("n2").value(),
                   .sent = tunnel::TrafficCount{1, 2},
                   .received = tunnel::TrafficCount{3, 4},
                   .drops = {{"no_route", 5}},
                   .path_mtu = OverlayMtu{1450}},
                  {.node = NodeName::from("n3").value()}},
        .notes = {"tx-checksumming is off"},
    };
    node.narrow_paths = {{NodeName::from("n2").value(), UnderlayMtu{1400}}};
    node.netns_fd = 7;
    node.netns_inode = 4026532001;
    node.daemon = DaemonStatus{"flatland", 0, "signal 9: joined"};
    status.nodes.push_back(node);
    PodStatus pod{.name = PodName::from_text("team/web").value(), .node = node.name};
    pod.ips.set(IpAddress::from_text("10.244.0.1").value());
    pod.containers.push_back({.name = "server",
                              .state = "Waiting",
                              .restarts = 2,
                              .reason = "CrashLoopBackOff",
                              .message = "ended by signal 9 (Killed)",
                              .exit_code = 137,
                              .last_reason = "Error"});
    status.pods.push_back(pod);
    status.vni = Vni{7};
    status.tunnel_port = Port{4790};
    status.upkeep = false;
    status.underlay_fd = 9;
    RegistryStatus registry{.name = NodeName::from("etcd").value(), .state = Phase::running};
    registry.underlay.set(IpAddress::from_text("172.31.0.4").value());
    registry.url = "http://172.31.0.4:2379";
    registry.daemon = {"etcd", 17, ""};
    status.registry = registry;
    status.notes = {"limits of memory are not enforced"};
    return status;
}

TEST(LabStatus, IsTheSameAfterAWayThroughJson) {
    const LabStatus before = sample();
    const auto after = lab_status_from_json(to_json(before));
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_EQ(to_json(after.value()), to_json(before));
    EXPECT_EQ(after.value().pods[0].name, before.pods[0].name);
    EXPECT_EQ(after.value().nodes[0].overlay, before.nodes[0].overlay);
    EXPECT_EQ(after.value().pods[0].containers[0].restarts, 2U);
    EXPECT_EQ(after.value().pods[0].containers[0].exit_code, 137);
}

// What came after the first version is empty where a supervisor does not say it.
TEST(LabStatus, IsReadOfASupervisorOfTheFirstVersion) {
    const auto status = lab_status_from_json(
        R"({"lab":"demo","state":"Running","nodes":[{"name":"n1","state":"Running",)"
        R"("underlay":["172.31.0.1"],"overlay":["10.244.0.0"],"blocks":["10.244.0.0/26"],)"
        R"("backend":"kernel","netns":4026532001,"netns_fd":7}],"pods":[]})");
    ASSERT_TRUE(status) << status.error().to_string();
    ASSERT_EQ(status.value().nodes.size(), 1U);
    EXPECT_EQ(status.value().nodes[0].repairs, 0U);
    EXPECT_FALSE(status.value().nodes[0].tunnel);
    EXPECT_TRUE(status.value().nodes[0].narrow_paths.empty());
    EXPECT_FALSE(status.value().nodes[0].daemon);
    EXPECT_FALSE(status.value().registry);
}

TEST(LabStatus, TellsItsSummaryWhateverElseItSays) {
    const auto summary = lab_summary_from_json(
        R"({"state":"Terminating","nodes":[{"is":"new"},{}],"pods":[3],"more":null})");
    ASSERT_TRUE(summary) << summary.error().to_string();
    EXPECT_EQ(summary.value().state, Phase::terminating);
    EXPECT_EQ(summary.value().nodes, 2U);
    EXPECT_EQ(summary.value().pods, 1U);
    EXPECT_FALSE(lab_summary_from_json(R"({"state":"Dreaming","nodes":[],"pods":[]})"));
    EXPECT_FALSE(lab_summary_from_json("[]"));
}

TEST(LabStatus, HasTheNamesThatScriptsRelyOn) {
    EXPECT_EQ(
        to_json(sample()),
        R"({"lab":"demo","state":"Running","nodes":[{"name":"n1","state":"Running",)"
        R"("underlay":["172.31.0.1"],"overlay":["10.244.0.0","fd00:10:244::"],)"
        R"("blocks":["10.244.0.0/26","fd00:10:244::/122"],"backend":"kernel","repairs":0,"tunnel":{)"
        R"("sent":{"packets":7,"octets":700},"received":{"packets":8,"octets":800},)"
        R"("drops":[{"reason":"rx_errors","packets":1}],"offloads":["rx-checksumming"],)"
        R"("notes":["tx-checksumming is off"],)"
        R"("peers":[{"node":"n2","sent":{"packets":1,"octets":2},)"
        R"("received":{"packets":3,"octets":4},"drops":[{"reason":"no_route","packets":5}],)"
        R"("path_mtu":1450},{"node":"n3","sent":null,"received":null,)"
        R"("drops":[],"path_mtu":null}]},)"
        R"("narrow_paths":[{"node":"n2","mtu":1400}],)"
        R"("netns":4026532001,"netns_fd":7,)"
        R"("daemon":{"program":"flatland","pid":0,"ended":"signal 9: joined"}}],"pods":[{"name":"web","namespace":"team",)"
        R"("node":"n1","state":"Pending","ips":["10.244.0.1"],"netns":0,"netns_fd":-1,)"
        R"("containers":[{"name":"server","state":"Waiting","restarts":2,"init":false,)"
        R"_("ready":false,"reason":"CrashLoopBackOff","message":"ended by signal 9 (Killed)",)_"
        R"("exit_code":137,"last_reason":"Error"}]}],"vni":7,"port":4790,)"
        R"("upkeep":false,"underlay_fd":9,"registry":{"name":"etcd","state":"Running",)"
        R"("underlay":["172.31.0.4"],"url":"http://172.31.0.4:2379",)"
        R"("daemon":{"program":"etcd","pid":17,"ended":""}},"notes":["limits of memory are not enforced"]})");
}

TEST(LabStatus, RefusesEveryTruncation) {
    const std::string json = to_json(sample());
    for (std::size_t size = 0; size < json.size(); ++size) {
        const auto refused = lab_status_from_json(std::string_view{json}.substr(0, size));
        ASSERT_FALSE(refused) << "cut at " << size;
        EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    }
}

TEST(LabStatus, RefusesWordsOfTheWrongKind) {
    std::string json = to_json(sample());
    json.replace(json.find("Running"), 7, "Walking");
    EXPECT_EQ(lab_status_from_json(json).error().code(), ErrorCode::corrupt);
    EXPECT_EQ(lab_status_from_json("[]").error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::lab
