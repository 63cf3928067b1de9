#include "overlay/lab/launch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

/// Launches bodies that answer on a socket, and waits for what they say.
class LaunchTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "flatlan-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        ours_.reset(ends[0]);
        theirs_.reset(ends[1]);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string log() const { return (folder_ / "log").string(); }

    /// What `body` returned as text, from inside the new namespaces.
    std::string answer_of(const std::function<std::string()>& body) {
        const auto launched = launch(
            [&] {
                const std::string text = body();
                return send(theirs_.get(), text.data(), text.size(), 0) < 0 ? 1 : 0;
            },
            log(), {theirs_.get()});
        if (!launched) return launched.error().to_string();
        int wait_status = 0;
        waitpid(launched.value().pid, &wait_status, 0);
        EXPECT_EQ(wait_status, 0);
        std::string text(1024, '\0');
        const ssize_t size = recv(ours_.get(), text.data(), text.size(), MSG_DONTWAIT);
        text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return text;
    }

    fs::path folder_;
    UniqueFd ours_;
    UniqueFd theirs_;
};

std::uint64_t inode_of(const char* path) {
    struct stat seen {};
    return stat(path, &seen) == 0 ? seen.st_ino : 0;
}

TEST_F(LaunchTest, MakesTheBodyProcessOneAndRoot) {
    EXPECT_EQ(answer_of([] {
                  return std::to_string(getpid()) + " " + std::to_string(geteuid()) + " " +
                         fs::read_symlink("/proc/self").string();
              }),
              "1 0 1");
}

TEST_F(LaunchTest, GivesItNamespacesOfItsOwn) {
    for (const char* kind : {"net", "uts", "ipc", "mnt", "pid"}) {
        const std::string path = std::string{"/proc/self/ns/"} + kind;
        const std::string outside = std::to_string(inode_of(path.c_str()));
        const std::string inside =
            answer_of([&] { return std::to_string(inode_of(path.c_str())); });
        EXPECT_NE(inside, outside) << kind;
        EXPECT_NE(inside, "0") << kind;
    }
}

TEST_F(LaunchTest, KeepsNoDescriptorButThoseNamed) {
    const UniqueFd stranger{dup(ours_.get())};
    EXPECT_EQ(answer_of([&] {
                  return fcntl(stranger.get(), F_GETFD) < 0 && fcntl(ours_.get(), F_GETFD) < 0 &&
                                 fcntl(theirs_.get(), F_GETFD) >= 0
                             ? "closed"
                             : "open";
              }),
              "closed");
}

TEST_F(LaunchTest, SendsOutputToTheLogAndLeavesTheSession) {
    const std::string outside = std::to_string(getsid(0));
    EXPECT_NE(answer_of([] {
                  dprintf(STDERR_FILENO, "heard\n");
                  return std::to_string(getsid(0));
              }),
              outside);
    std::ifstream file{log()};
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "heard");
}

TEST_F(LaunchTest, TellsOfTheEndThroughTheDescriptor) {
    const auto launched = launch([] { return 3; }, log(), {});
    ASSERT_TRUE(launched) << launched.error().to_string();
    pollfd wait{launched.value().process.get(), POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 10'000), 1);
    int wait_status = 0;
    ASSERT_EQ(waitpid(launched.value().pid, &wait_status, 0), launched.value().pid);
    EXPECT_EQ(WEXITSTATUS(wait_status), 3);
}

}  // namespace
}  // namespace flatlan::lab
