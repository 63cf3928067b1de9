#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "overlay/lab/exec.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_file.hpp"

/// A whole lab in a test's hands, by the calls that the command line uses. Each test has a runtime
/// directory of its own and ends its lab whatever happens.
namespace flatlan::lab {

inline std::string lab_text(const std::string& spec, const std::string& manifests = "") {
    return "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: test}\nspec:\n  podCIDRs: "
           "[10.244.0.0/16, "
           "fd00:10:244::/56]\n" +
           spec + manifests;
}

inline LabFile file_of(const std::string& text) {
    auto file = parse_lab_file(text, "test.yaml");
    EXPECT_TRUE(file) << file.error().to_string();
    return std::move(file).value();
}

inline LabSpec spec_of(const std::string& text) { return file_of(text).spec; }

/// What `action` returns in a process of its own: exec_in_lab moves its process for good.
inline int in_child(const std::function<int()>& action) {
    const pid_t child = fork();
    if (child == 0) _exit(action());
    int wait_status = 0;
    waitpid(child, &wait_status, 0);
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -WTERMSIG(wait_status);
}

class LabTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "flatlan-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
    }
    void TearDown() override {
        const auto labs = list_labs();
        ASSERT_TRUE(labs) << labs.error().to_string();
        for (const LabEntry& lab : labs.value())
            EXPECT_TRUE(stop_lab(lab.name)) << lab.name.text();
        unsetenv("XDG_RUNTIME_DIR");
        std::filesystem::remove_all(folder_);
    }

    LabStatus start(const std::string& text) {
        auto started = start_lab(spec_of(text), {});
        EXPECT_TRUE(started) << started.error().to_string();
        return std::move(started).value();
    }
    /// Exit status of a command in a pod or node.
    int run_in(const ExecTarget& target, const std::vector<std::string>& command) {
        return in_child([&] {
            const auto lab = choose_lab("");
            if (!lab) return 200;
            const auto status = exec_in_lab(lab.value(), target, command);
            return status ? status.value() : 201;
        });
    }
    static ExecTarget pod(const std::string& name) {
        return ExecTarget::of(PodName::from_text(name).value());
    }
    static ExecTarget node(const std::string& name) {
        return ExecTarget::of(NodeName::from(name).value());
    }
    /// Whether one ping from the target arrives.
    int ping(const ExecTarget& from, const IpAddress& to) {
        return run_in(from,
                      {"sh", "-c", "ping -n -c 1 -W 5 " + to_string(to) + " >/dev/null 2>&1"});
    }

    std::filesystem::path folder_;
    const LabName name_ = LabName::from("test").value();
};

inline const PodStatus& pod_of(const LabStatus& status, const std::string& name) {
    for (const PodStatus& pod : status.pods)
        if (pod.name.name() == name) return pod;
    ADD_FAILURE() << "no pod " << name;
    return status.pods.front();
}

}  // namespace flatlan::lab
