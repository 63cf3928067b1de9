#include "tools/cli/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

class FindTarget : public testing::Test {
protected:
    FindTarget() {
        lab.pods.push_back(
            {.name = PodName::from_text("kube-system/dns").value(), .node = lab.nodes[0].name});
        lab.pods.push_back(
            {.name = PodName::from_text("node/n2").value(), .node = lab.nodes[0].name});
        lab.registry = lab::RegistryStatus{.name = NodeName::from("etcd").value()};
    }
    std::string path(std::string_view text) const {
        const auto target = find_target(lab, text);
        return target ? target.value().exec_target().path : target.error().expected();
    }
    lab::LabStatus lab = lab_of("a", 2, 3, true);
};

TEST_F(FindTarget, TakesAPodsNameWithOrWithoutItsNamespace) {
    EXPECT_EQ(path("pod-1"), "/v1/pods/default/pod-1");
    EXPECT_EQ(path("default/pod-1"), "/v1/pods/default/pod-1");
    EXPECT_EQ(path("kube-system/dns"), "/v1/pods/kube-system/dns");
}

TEST_F(FindTarget, TakesAnAddressOfEitherFamilyInEachOfItsForms) {
    EXPECT_EQ(path("10.244.0.1"), "/v1/pods/default/pod-1");
    EXPECT_EQ(path("fd00:10:244:0::1"), "/v1/pods/default/pod-1");
    EXPECT_EQ(path("10.244.1.0"), "/v1/nodes/n2");
    EXPECT_EQ(path("172.31.0.2"), "/v1/nodes/n2");
}

TEST_F(FindTarget, TakesNodeSlashNameForANodeAlways) { EXPECT_EQ(path("node/n2"), "/v1/nodes/n2"); }

TEST_F(FindTarget, ExpectsTheNearestNames) {
    EXPECT_EQ(path("pod-11"), "pod-1");
    EXPECT_EQ(path("node/m1"), "node/n1");
    EXPECT_EQ(path("dns"), "kube-system/dns");
    EXPECT_EQ(path("n1"), "node/n1");
    EXPECT_EQ(path("10.99.0.1"), "[NAMESPACE/]POD, node/NAME or an address, as 'flatlan ps' lists");
}

TEST_F(FindTarget, KnowsWhatIsOnTheFlatNetwork) {
    EXPECT_EQ(find_target(lab, "node/etcd").value().place(), "node/etcd");
    EXPECT_EQ(find_target(lab, "node/etcd").value().addresses(), IpAddresses{});
    EXPECT_EQ(find_member(lab, "pod-1").value().addresses(), lab.pods[0].ips);
    EXPECT_EQ(find_member(lab, "node/n2").value().addresses(), lab.nodes[1].overlay);
    for (const char* const other : {"node/etcd", "underlay", "nobody"})
        EXPECT_EQ(find_member(lab, other).error().code(), ErrorCode::invalid_argument) << other;
}

/// The node of etcd has no address that could be told, tested, followed or broken.
TEST_F(FindTarget, IsAskedBeforeAnyVerbWorksWithTheNodeOfEtcd) {
    FakeLabs labs;
    labs.running = {lab};
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"trace", "node/etcd", "pod-1"},
                                               {"trace", "pod-1", "node/etcd"},
                                               {"reach", "--from", "node/etcd"},
                                               {"reach", "--to", "node/etcd"},
                                               {"capture", "node/etcd"},
                                               {"fault", "add", "link-down", "node/etcd"},
                                               {"fault", "add", "loss", "pod-1", "node/etcd"}}) {
        const Ran ran = run_flatlan(labs, words);
        EXPECT_EQ(ran.status, ExitStatus::wrong_input) << words[0];
        EXPECT_THAT(ran.err, testing::HasSubstr("node of etcd")) << words[0];
    }
}

TEST_F(FindTarget, CallsAnUnknownNameWrongInput) {
    EXPECT_EQ(find_target(lab, "nobody").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(find_target(lab, "").error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace flatlan::cli
