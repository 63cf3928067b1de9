#include "overlay/pod/container/probe_run.hpp"

#include <filesystem>

#include "tests/unit/overlay/pod/container/scripted_runtime.hpp"

namespace flatlan::pod {
namespace {

/// As `runc exec --detach`: starts the command, notes its process id and ends.
constexpr const char* kStartCommand =
    "while [ \"$1\" != --pid-file ]; do shift; done\n"
    "file=$2; shift 3; \"$@\" & echo $! > $file\n";

class ExecProbes : public ScriptedRuntime {
protected:
    struct Asked {
        Probe probe;
        std::optional<bool> answer{};
        std::string why{};
        std::optional<ProbeRun> run{};
    };

    /// Asks with a command that ends with this status.
    void ask(Asked& asked, const std::string& files, int status) {
        asked.probe = {.action = ExecAction{{"/bin/sh", "-c", "exit " + std::to_string(status)}}};
        asked.run.emplace(*context_, asked.probe,
                          ProbeTarget{.container_id = "c", .files = path(files)},
                          [&asked](bool succeeded, const std::string& why) {
                              asked.answer = succeeded;
                              asked.why = why;
                          });
        asked.run->begin(monotonic_now());
    }
};

TEST_F(ExecProbes, AreAnsweredEachByItsOwnCommand) {
    write_runtime(kStartCommand);
    Asked first, second;
    ask(first, "liveness-0", 0);
    ask(second, "readiness-1", 1);
    for (int i = 0; i < 4; ++i)  // two runtimes and two commands
        ASSERT_TRUE(pass_on_an_end());
    dispatch();
    EXPECT_EQ(first.answer, true);
    EXPECT_EQ(second.answer, false);
    EXPECT_EQ(second.why, "the command ended with status 1");
}

TEST_F(ExecProbes, FailAtOnceWhenTheRuntimeNotesNoProcess) {
    write_runtime("exit 0");
    ASSERT_TRUE(write_whole_file(path("liveness-0.pid"), "1"));  // an older one's
    Asked asked;
    ask(asked, "liveness-0", 0);
    ASSERT_TRUE(pass_on_an_end());
    dispatch();
    EXPECT_EQ(asked.answer, false);
    EXPECT_EQ(asked.why, "the runtime noted no process");
}

TEST_F(ExecProbes, LeaveNoFiles) {
    write_runtime(kStartCommand);
    Asked asked;
    ask(asked, "liveness-0", 0);
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(pass_on_an_end());
    dispatch();
    EXPECT_TRUE(std::filesystem::exists(path("liveness-0.pid")));
    asked.run.reset();
    EXPECT_FALSE(std::filesystem::exists(path("liveness-0.pid")));
}

}  // namespace
}  // namespace flatlan::pod
