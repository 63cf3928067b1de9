#include "overlay/lab/children.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

namespace flatlan::lab {
namespace {

pid_t start_shell(const std::string& text, int output = -1) {
    const auto started = start_program({.words = {"/bin/sh", "-c", text},
                                        .environment = {"PATH=/usr/bin:/bin"},
                                        .output = output});
    EXPECT_TRUE(started) << started.error().to_string();
    return started.value();
}

TEST(Children, TellHowTheyEnded) {
    EXPECT_EQ(text_of_end(wait_for_program(start_shell("exit 42"))), "status 42");
    EXPECT_EQ(text_of_end(wait_for_program(start_shell("kill -9 $$"))), "signal 9");
    EXPECT_EQ(text_of_end(wait_for_program(start_shell("sleep 0"))), "status 0");
}

TEST(Children, AreNotThereBeforeTheyAreStarted) {
    const auto started = start_program({.words = {"/no/such/program"}, .environment = {}});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), ErrorCode::not_found);
    const auto folder = start_program({.words = {"/etc"}, .environment = {}});
    ASSERT_TRUE(folder) << "what cannot be executed is found out by the child";
    EXPECT_EQ(text_of_end(wait_for_program(folder.value())), "status 127");
}

TEST(Children, RunUntilTheyEnd) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const auto started =
        start_program({.words = {"/bin/cat"}, .environment = {}, .input = ends[0]});
    ASSERT_TRUE(started);
    ::close(ends[0]);
    EXPECT_FALSE(poll_program(started.value()));
    ::close(ends[1]);
    EXPECT_EQ(wait_for_program(started.value()), 0);
}

// What is open here, and what is ignored, is the program's neither.
TEST(Children, InheritNothing) {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t shell = start_shell(
        "echo $(ls /proc/self/fd | wc -l) $(echo \"$HOME\") "
        "$(grep SigIgn /proc/self/status | cut -f2)",
        ends[1]);
    ::close(ends[1]);
    std::array<char, 256> text{};
    const ssize_t size = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    EXPECT_EQ(wait_for_program(shell), 0);
    // The three streams, and the folder that ls reads.
    EXPECT_EQ((std::string{text.data(), static_cast<std::size_t>(size)}), "4 0000000000000000\n");
}

TEST(Children, AreWaitedForByManyThreads) {
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([number] {
            for (int round = 0; round < 20; ++round)
                EXPECT_EQ(wait_for_program(start_shell("exit " + std::to_string(number))),
                          number << 8U);
        });
    std::thread reaper{[] {
        for (int round = 0; round < 1000; ++round)
            reap_children();
    }};
    for (std::thread& thread : threads)
        thread.join();
    reaper.join();
}

TEST(Children, AreNotToldWhatAServiceManagerSaidToUs) {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("FLATLAN_SOMETHING", "else", 1);
    const auto environment = inherited_environment();
    EXPECT_EQ(std::count(environment.begin(), environment.end(), "FLATLAN_SOMETHING=else"), 1);
    for (const std::string& each : environment)
        EXPECT_FALSE(each.starts_with("NOTIFY_SOCKET="));
    ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace flatlan::lab
