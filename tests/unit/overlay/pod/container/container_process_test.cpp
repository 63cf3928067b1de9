#include "overlay/pod/container/container_process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>

#include "tests/support/eventually.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {
namespace {

using support::eventually;

/// Containers whose runtime is a script.
class ContainerProcesses : public testing::Test {
protected:
    void SetUp() override {
        loop_ = EventLoop::create().value();
        context_.emplace(ContainerContext{.loop = *loop_, .slots = slots_});
        context_->runtime = {.program = path("runtime"), .state_folder = path("state")};
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    void write_runtime(const std::string& commands) {
        ASSERT_TRUE(write_whole_file(path("runtime"), "#!/bin/sh\n" + commands));
        chmod(path("runtime").c_str(), 0755);
    }
    std::unique_ptr<ContainerProcess> launch() {
        auto process = std::make_unique<ContainerProcess>(
            *context_, path("run"), "c",
            ContainerProcess::Listener{.started = [this] { ++calls_; },
                                       .failed = [this](const std::string&) { ++calls_; },
                                       .ended = [this](int) { ++calls_; }});
        EXPECT_TRUE(process->launch({}, ContainerLog::create(path("log")).value()));
        return process;
    }
    /// Hands the loop the next child that ends; its wait status, or nothing when none does.
    std::optional<int> pass_on_an_end() {
        int status = 0;
        pid_t child = 0;
        if (!eventually([&] { return (child = waitpid(-1, &status, WNOHANG)) != 0; }) || child < 0)
            return std::nullopt;
        loop_->handle_child(child, status);
        loop_->wait(monotonic_now(), monotonic_now());
        loop_->dispatch();
        return status;
    }

    const support::TemporaryFolder folder_;
    std::unique_ptr<EventLoop> loop_;
    LaunchSlots slots_;
    std::optional<ContainerContext> context_;
    int calls_ = 0;
};

TEST_F(ContainerProcesses, TakeARuntimeThatIsLateWithThem) {
    ASSERT_EQ(mkfifo(path("never").c_str(), 0600), 0);
    write_runtime("read line < " + path("never"));
    launch().reset();
    const auto status = pass_on_an_end();
    ASSERT_TRUE(status) << "the runtime goes on";
    EXPECT_TRUE(WIFSIGNALED(*status));
    EXPECT_EQ(calls_, 0);
}

TEST_F(ContainerProcesses, TakeWhatALateRuntimeHasStartedWithThem) {
    ASSERT_EQ(mkfifo(path("never").c_str(), 0600), 0);
    write_runtime("read line < " + path("never"));
    const auto sleeper = spawn({"/bin/cat", path("never")}, {0, 1, 2});
    ASSERT_TRUE(sleeper);
    auto process = launch();
    ASSERT_TRUE(write_whole_file(path("run/pid"), std::to_string(sleeper.value())));
    process.reset();
    EXPECT_TRUE(pass_on_an_end());
    EXPECT_TRUE(pass_on_an_end()) << "the container goes on";
    EXPECT_EQ(calls_, 0);
}

TEST_F(ContainerProcesses, AreNotCalledWhenTheyAreGoneBeforeTheirEnd) {
    ASSERT_EQ(mkfifo(path("never").c_str(), 0600), 0);
    const auto container = spawn({"/bin/cat", path("never")}, {0, 1, 2});
    ASSERT_TRUE(container);
    write_runtime("echo " + std::to_string(container.value()) + " > " + path("run/pid"));
    auto process = launch();
    ASSERT_TRUE(pass_on_an_end());
    ASSERT_EQ(process->pid(), container.value());
    process.reset();
    EXPECT_TRUE(pass_on_an_end()) << "the container goes on";
    EXPECT_EQ(calls_, 1);  // it was started
}

}  // namespace
}  // namespace flatlan::pod
