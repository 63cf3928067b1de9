#include "overlay/lab/lab_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "overlay/lab/yaml.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kLab = "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n";

LabFile parse(const std::string& text) {
    auto lab = parse_lab_file(text, "lab.yaml");
    if (!lab) ADD_FAILURE() << lab.error().to_string();
    return std::move(lab).value();
}

std::vector<std::string> pod_names(const LabSpec& spec) {
    std::vector<std::string> names;
    for (const PodSpec& pod : spec.pods)
        names.push_back(to_short_string(pod.name));
    return names;
}

std::string node_of(const LabSpec& spec, std::size_t pod) {
    return spec.pods.at(pod).node ? spec.pods.at(pod).node->text() : "";
}

TEST(LabFile, HasADefaultForEverythingButItsName) {
    const LabSpec spec = parse(kLab).spec;
    EXPECT_EQ(spec.name.text(), "t");
    ASSERT_EQ(spec.nodes.size(), 3U);
    EXPECT_EQ(spec.nodes[2].name.text(), "n3");
    EXPECT_THAT(spec.pod_cidrs, ElementsAre(IpPrefix::from_text("10.244.0.0/16").value(),
                                            IpPrefix::from_text("fd00:10:244::/56").value()));
    EXPECT_EQ(spec.block_length_ipv4, 26U);
    EXPECT_EQ(spec.block_length_ipv6, 122U);
    EXPECT_THAT(spec.underlay_cidrs, ElementsAre(IpPrefix::from_text("172.31.0.0/16").value()));
    EXPECT_EQ(spec.underlay_mtu, UnderlayMtu{1500});
    EXPECT_EQ(spec.backend, tunnel::BackendKind::kernel);
    EXPECT_EQ(spec.vni, Vni{1});
    EXPECT_EQ(spec.port, kVxlanPort);
    EXPECT_TRUE(spec.pods.empty());
}

TEST(LabFile, TakesEveryKeyOfALab) {
    const LabSpec spec = parse(lab_with_spec(R"(
  nodes:
  - {name: alpha, underlay: ["fd01::9", 172.30.0.9], backend: kernel}
  - name: beta
  podCIDRs: [fd00:1::/64]
  blockSize: {ipv6: 120}
  underlay: {cidrs: ["fd01::/64", 172.30.0.0/24], mtu: 9000, topology: routed}
  tunnel: {backend: kernel, vni: 16777215, port: 65535, senderCheck: on, peerCounts: off}
  pods: {count: 2}
  agents: supervisor
  egress: none
)"))
                             .spec;
    ASSERT_EQ(spec.nodes.size(), 2U);
    EXPECT_EQ(spec.nodes[0].underlay.ipv4, Ipv4Address::from_text("172.30.0.9").value());
    EXPECT_EQ(spec.nodes[0].underlay.ipv6, Ipv6Address::from_text("fd01::9").value());
    EXPECT_EQ(spec.nodes[0].backend, tunnel::BackendKind::kernel);
    EXPECT_EQ(spec.sender_check, tunnel::SenderCheck::on);
    EXPECT_EQ(spec.peer_counts, tunnel::PeerCounts::off);
    EXPECT_EQ(to_string(spec.nodes[1].place), "lab.yaml:8");
    EXPECT_TRUE(spec.nodes[1].underlay.empty());
    EXPECT_EQ(block_length(spec, IpFamily::ipv6), 120U);
    EXPECT_EQ(endpoint_family(spec), IpFamily::ipv4) << "where there are both";
    EXPECT_EQ(spec.underlay_mtu, UnderlayMtu{9000});
    EXPECT_EQ(spec.vni, Vni{16777215});
    EXPECT_EQ(spec.port, Port{65535});
    EXPECT_EQ(spec.pods.size(), 2U);
    EXPECT_EQ(to_string(spec.places.pod_cidrs), "lab.yaml:9");
    EXPECT_EQ(to_string(spec.places.underlay_cidrs), "lab.yaml:11");
}

TEST(LabFile, TakesEmptySections) {
    EXPECT_EQ(parse(std::string{kLab} + "spec:\n").spec.nodes.size(), 3U);
    EXPECT_EQ(parse(lab_with_spec("  underlay:\n  tunnel:\n  pods:\n")).spec.nodes.size(), 3U);
}

TEST(LabFile, PutsManifestsFirstAndNumbersBarePodsPastTheirNames) {
    const LabFile lab = parse(lab_with_spec("  pods: {count: 3}\n") + R"(---
apiVersion: v1
kind: Pod
metadata: {name: pod-2}
---
apiVersion: v1
kind: Pod
metadata: {name: pod-1, namespace: other}
spec: {nodeName: n2}
)");
    EXPECT_THAT(pod_names(lab.spec),
                ElementsAre("pod-2", "other/pod-1", "pod-1", "pod-3", "pod-4"));
    EXPECT_EQ(node_of(lab.spec, 1), "n2");
    EXPECT_EQ(node_of(lab.spec, 2), "");
    EXPECT_EQ(to_string(lab.spec.pods[1].place), "lab.yaml:11");
    EXPECT_THAT(lab.warnings, ElementsAre());
}

TEST(LabFile, FindsItsLabAfterTheManifests) {
    const LabFile lab = parse(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
        "spec: {nodeName: n1}\n---\n" +
        std::string{kLab});
    EXPECT_THAT(pod_names(lab.spec), ElementsAre("web"));
}

TEST(LabFile, MakesThePodsOfADeployment) {
    const LabFile lab = parse(std::string{kLab} + R"(---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeName: n3}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: one}
spec: {template: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: none}
spec: {replicas: 0, template: {}}
)");
    EXPECT_THAT(pod_names(lab.spec),
                ElementsAre("shop/web-1", "shop/web-2", "shop/web-3", "one-1"));
    EXPECT_EQ(node_of(lab.spec, 2), "n3");
    EXPECT_THAT(lab.warnings, ElementsAre());
}

TEST(LabFile, TakesAList) {
    const LabFile lab = parse(std::string{kLab} + R"(---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- apiVersion: v1
  kind: List
  items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]
)");
    EXPECT_THAT(pod_names(lab.spec), ElementsAre("a", "b"));
}

TEST(LabFile, SharesByAnchorsAndMergeKeys) {
    const LabFile lab = parse(lab_with_spec("  nodes: 2\n") + R"(---
apiVersion: v1
kind: List
items:
- &pod
  apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: &place {nodeName: n2}
- {<<: *pod, metadata: {name: b}}
- {<<: [*pod], metadata: {name: c}, spec: {<<: *place, nodeName: n1}}
)");
    EXPECT_THAT(pod_names(lab.spec), ElementsAre("a", "b", "c"));
    EXPECT_EQ(node_of(lab.spec, 1), "n2");
    EXPECT_EQ(node_of(lab.spec, 2), "n1") << "a mapping's own key wins";
}

TEST(LabFile, NamesWhatItPassesOver) {
    const LabFile lab = parse(lab_with_spec("  podCIDRs: [10.244.0.0/16]\n"
                                            "  blockSize: {ipv6: 120}\n") +
                              R"(---
apiVersion: v1
kind: Pod
metadata: {name: web, uid: 7}
spec:
  nodName: n1
  volumes: []
  containers: [{name: server}]
  initContainers: [{name: setup}]
---
apiVersion: v1
kind: Secret
metadata: {name: content}
)");
    EXPECT_THAT(
        lab.warnings,
        ElementsAre(
            "lab.yaml:6: spec.blockSize.ipv6 has no effect: podCIDRs has no IPv6 prefix",
            "lab.yaml:8: Pod 'web': no command is given, so nothing runs in setup, server",
            "lab.yaml:8: Pod 'web': without effect in this version: metadata.uid, spec.nodName "
            "(nodeName?)",
            "lab.yaml:17: Secret 'content': passed over: this version takes Pod, Deployment, "
            "ReplicaSet and ConfigMap"));
}

TEST(LabFile, WarnsOfTheFirstTwentyAndCountsTheRest) {
    std::string text = kLab;
    for (int i = 0; i < 25; ++i)
        text += "---\n{apiVersion: v1, kind: Secret}\n";
    const LabFile lab = parse(text);
    ASSERT_EQ(lab.warnings.size(), 21U);
    EXPECT_EQ(lab.warnings.back(), "lab.yaml: 5 more warnings");
}

/// A file of this test alone.
class LabFileOnDisk : public testing::Test {
protected:
    LabFileOnDisk() { std::filesystem::create_directory(folder_); }
    ~LabFileOnDisk() override { std::filesystem::remove_all(folder_); }
    LabFileOnDisk(const LabFileOnDisk&) = delete;
    LabFileOnDisk& operator=(const LabFileOnDisk&) = delete;

    std::string write(const std::string& text) const {
        std::ofstream{path_} << text;
        return path_;
    }

    const std::string folder_ = std::filesystem::path{testing::TempDir()} /
                                ("flatlan-lab-file-" + std::to_string(::getpid()));
    const std::string path_ = folder_ + "/lab.yaml";
};

TEST_F(LabFileOnDisk, IsRead) {
    const auto lab = read_lab_file(write(kLab));
    ASSERT_TRUE(lab) << lab.error().to_string();
    EXPECT_EQ(lab.value().spec.name.text(), "t");
}

TEST_F(LabFileOnDisk, IsNamedInMessages) {
    const auto refused = read_lab_file(write("kind: Lab\n"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where(), path_ + ":1");
}

TEST_F(LabFileOnDisk, ThatIsMissingOrAFolderIsWrongInput) {
    for (const auto& [path, why] : {std::pair{path_ + ".none", "No such file or directory"},
                                    std::pair{folder_, "Is a directory"}}) {
        const auto refused = read_lab_file(path);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(refused.error().to_string(), "cannot read lab file '" + path + "': " + why);
    }
}

TEST_F(LabFileOnDisk, OfAnySizeIsReadToTheLimitAlone) {
    write("");
    std::filesystem::resize_file(path_, 100U << 20U);
    const auto refused = read_lab_file(path_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().to_string(),
              path_ + ": the file is too large (expected at most 16 MiB)");
}

}  // namespace
}  // namespace flatlan::lab
