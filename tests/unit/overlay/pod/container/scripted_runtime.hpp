#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <memory>
#include <optional>
#include <string>

#include "overlay/pod/container/container_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {

/// Tests of what calls a runtime, which is a script of the test's.
class ScriptedRuntime : public testing::Test {
protected:
    void SetUp() override {
        // As the supervisor, the test is the parent of what the runtime leaves behind.
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        loop_ = EventLoop::create().value();
        context_.emplace(ContainerContext{.loop = *loop_, .slots = slots_});
        context_->runtime = {.program = path("runtime"), .state_folder = path("state")};
        ASSERT_EQ(mkfifo(path("never").c_str(), 0600), 0);
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    void write_runtime(const std::string& commands) const {
        ASSERT_TRUE(write_whole_file(path("runtime"), "#!/bin/sh\n" + commands));
        chmod(path("runtime").c_str(), 0755);
    }
    /// A command that does not end by itself.
    std::string wait_for_ever() const { return "read line < " + path("never") + "\n"; }

    /// Hands the loop the next child that ends; its wait status, or nothing when none does.
    std::optional<int> pass_on_an_end() {
        int status = 0;
        pid_t child = 0;
        if (!support::eventually([&] { return (child = waitpid(-1, &status, WNOHANG)) != 0; }) ||
            child < 0)
            return std::nullopt;
        loop_->handle_child(child, status);
        return status;
    }
    void dispatch() {
        loop_->wait(monotonic_now(), monotonic_now());
        loop_->dispatch();
    }

    const support::TemporaryFolder folder_;
    std::unique_ptr<EventLoop> loop_;
    LaunchSlots slots_;
    std::optional<ContainerContext> context_;
};

}  // namespace flatlan::pod
