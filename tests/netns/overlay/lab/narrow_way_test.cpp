// A way between two nodes that gets narrow while the lab runs.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "overlay/lab/exec.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_file.hpp"

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLab =
    "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: narrow}\nspec:\n  nodes: 3\n"
    "  podCIDRs: [10.244.0.0/16, \"fd00:10:244::/56\"]\n  pods: {count: 3}\n";

/// A lab in a runtime directory of its own, which ends with the test.
class NarrowWay : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "flatlan-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
        const auto file = parse_lab_file(kLab, "test.yaml");
        ASSERT_TRUE(file) << file.error().to_string();
        const auto started = start_lab(file.value().spec, {});
        ASSERT_TRUE(started) << started.error().to_string();
    }
    void TearDown() override {
        EXPECT_TRUE(stop_lab(name_));
        unsetenv("XDG_RUNTIME_DIR");
        fs::remove_all(folder_);
    }

    /// Exit status of a shell command in a node, run by a process of its own: exec_in_lab moves its
    /// process for good.
    static int run_in(const std::string& node, const std::string& command) {
        const pid_t child = fork();
        if (child == 0) {
            const auto lab = choose_lab("");
            if (!lab) _exit(200);
            const auto status = exec_in_lab(
                lab.value(), ExecTarget::of(NodeName::from(node).value()), {"sh", "-c", command});
            _exit(status ? status.value() : 201);
        }
        int wait_status = 0;
        waitpid(child, &wait_status, 0);
        return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    }

    /// How many ways each node finds narrow, in the order of the nodes.
    std::vector<std::size_t> narrow_ways() const {
        std::vector<std::size_t> counts;
        const LabStatus status = get_status(name_).value();
        for (const NodeStatus& node : status.nodes)
            counts.push_back(node.narrow_paths.size());
        return counts;
    }
    bool become(const std::vector<std::size_t>& wanted) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (narrow_ways() != wanted)
            if (std::chrono::steady_clock::now() > deadline) return false;
        return true;
    }

    fs::path folder_;
    const LabName name_ = LabName::from("narrow").value();
};

TEST_F(NarrowWay, IsSeenAndThePodsRoutesFollowThereAndBack) {
    EXPECT_EQ(narrow_ways(), (std::vector<std::size_t>{0, 0, 0}));
    ASSERT_EQ(run_in("n2", "ip link set eth0 mtu 1400"), 0);
    EXPECT_TRUE(become({1, 2, 1}));
    // Out of n2 its interface says so. Into it a veth takes 4 octets more than its MTU, for a VLAN
    // tag (is_skb_forwardable of the kernel).
    EXPECT_EQ(run_in("n2", "test $(ip route show dev flat0 | grep -c 'mtu 1350') = 2"), 0);
    EXPECT_EQ(run_in("n1", "test $(ip route show dev flat0 | grep -c 'mtu 1354') = 1"), 0);
    EXPECT_EQ(run_in("n1", "test $(ip -6 route show dev flat0 | grep -c 'mtu 1354') = 1"), 0);

    ASSERT_EQ(run_in("n2", "ip link set eth0 mtu 1500"), 0);
    EXPECT_TRUE(become({0, 0, 0}));
    EXPECT_EQ(run_in("n1", "ip route show dev flat0 | grep mtu"), 1);
}

}  // namespace
}  // namespace flatlan::lab
