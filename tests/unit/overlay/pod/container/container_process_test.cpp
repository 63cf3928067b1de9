#include "overlay/pod/container/container_process.hpp"

#include "tests/unit/overlay/pod/container/scripted_runtime.hpp"

namespace flatlan::pod {
namespace {

class ContainerProcesses : public ScriptedRuntime {
protected:
    std::unique_ptr<ContainerProcess> launch() {
        auto process = std::make_unique<ContainerProcess>(
            *context_, path("run"), "c",
            ContainerProcess::Listener{.started = [this] { ++calls_; },
                                       .failed = [this](const std::string&) { ++calls_; },
                                       .ended = [this](int) { ++calls_; }});
        EXPECT_TRUE(process->launch({}, ContainerLog::create(path("log")).value()));
        return process;
    }
    pid_t start_container() const { return spawn({"/bin/cat", path("never")}, {0, 1, 2}).value(); }

    int calls_ = 0;
};

TEST_F(ContainerProcesses, TakeARuntimeThatIsLateWithThem) {
    write_runtime(wait_for_ever());
    launch().reset();
    const auto status = pass_on_an_end();
    ASSERT_TRUE(status) << "the runtime goes on";
    EXPECT_TRUE(WIFSIGNALED(*status));
    dispatch();
    EXPECT_EQ(calls_, 0);
}

TEST_F(ContainerProcesses, TakeWhatALateRuntimeHasStartedWithThem) {
    write_runtime(wait_for_ever());
    const pid_t container = start_container();
    auto process = launch();
    ASSERT_TRUE(write_whole_file(path("run/pid"), std::to_string(container)));
    process.reset();
    EXPECT_TRUE(pass_on_an_end());
    EXPECT_TRUE(pass_on_an_end()) << "the container goes on";
    dispatch();
    EXPECT_EQ(calls_, 0);
}

TEST_F(ContainerProcesses, AreNotCalledWhenTheyAreGoneBeforeTheirEnd) {
    const pid_t container = start_container();
    write_runtime("echo " + std::to_string(container) + " > " + path("run/pid"));
    auto process = launch();
    ASSERT_TRUE(pass_on_an_end());
    dispatch();
    ASSERT_EQ(process->pid(), container);
    process.reset();
    EXPECT_TRUE(pass_on_an_end()) << "the container goes on";
    dispatch();
    EXPECT_EQ(calls_, 1);  // it was started
}

}  // namespace
}  // namespace flatlan::pod
