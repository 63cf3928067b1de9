#include "overlay/lab/runtime_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace flatlan::lab {
namespace {

namespace fs = std::filesystem;

/// Gives each test a runtime directory of its own through XDG_RUNTIME_DIR.
class RuntimeDirectoryTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "flatlan-test-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        parent_ = pattern;
        setenv("XDG_RUNTIME_DIR", parent_.c_str(), 1);
    }
    void TearDown() override {
        unsetenv("XDG_RUNTIME_DIR");
        fs::remove_all(parent_);
    }

    const LabName demo_ = LabName::from("demo").value();
    fs::path parent_;
};

TEST_F(RuntimeDirectoryTest, IsForItsUserAlone) {
    ASSERT_TRUE(RuntimeDirectory::open());
    EXPECT_EQ(fs::status(parent_ / "flatlan").permissions(), fs::perms::owner_all);
}

TEST_F(RuntimeDirectoryTest, IsRefusedWhenOthersMayEnterIt) {
    fs::create_directory(parent_ / "flatlan");
    fs::permissions(parent_ / "flatlan", fs::perms::all);
    EXPECT_EQ(RuntimeDirectory::open().error().code(), ErrorCode::forbidden);
}

TEST_F(RuntimeDirectoryTest, IsRefusedWhenItIsALinkToElsewhere) {
    fs::create_directory(parent_ / "elsewhere");
    fs::permissions(parent_ / "elsewhere", fs::perms::owner_all);
    fs::create_directory_symlink(parent_ / "elsewhere", parent_ / "flatlan");
    EXPECT_EQ(RuntimeDirectory::open().error().code(), ErrorCode::forbidden);
}

TEST_F(RuntimeDirectoryTest, IsInTheTemporaryFolderWhenTheRuntimeFolderIsNotTheUsersOwn) {
    setenv("TMPDIR", parent_.c_str(), 1);
    setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
    const auto runtime = RuntimeDirectory::open();
    unsetenv("TMPDIR");
    ASSERT_TRUE(runtime) << runtime.error().to_string();
    EXPECT_EQ(runtime.value().path(),
              (parent_ / ("flatlan-" + std::to_string(geteuid()))).string());
}

TEST_F(RuntimeDirectoryTest, SaysWhichVariablesNameAFolderThatIsNotThere) {
    setenv("TMPDIR", (parent_ / "nowhere").c_str(), 1);
    unsetenv("XDG_RUNTIME_DIR");
    const auto refused = RuntimeDirectory::open();
    unsetenv("TMPDIR");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::forbidden);
    EXPECT_NE(refused.error().to_string().find("TMPDIR"), std::string::npos);
}

TEST_F(RuntimeDirectoryTest, GivesANameToOneLabAtATime) {
    const auto runtime = RuntimeDirectory::open().value();
    const auto first = runtime.claim(demo_);
    ASSERT_TRUE(first);
    const auto second = runtime.claim(demo_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_exists);
    EXPECT_NE(second.error().expected().find("flatlan down demo"), std::string::npos);
}

TEST_F(RuntimeDirectoryTest, GivesTheNameAgainWhenTheHolderEnded) {
    const auto runtime = RuntimeDirectory::open().value();
    { const auto first = runtime.claim(demo_).value(); }
    EXPECT_TRUE(runtime.claim(demo_));
}

TEST_F(RuntimeDirectoryTest, GivesTheNameOfAKilledLabWithNothingOfThatLeft) {
    const auto runtime = RuntimeDirectory::open().value();
    fs::create_directory(parent_ / "flatlan" / "demo");
    fs::permissions(parent_ / "flatlan" / "demo", fs::perms::owner_all);
    for (const char* file : {"lock", "api.sock", "supervisor.log", "exercise"})
        std::ofstream{parent_ / "flatlan" / "demo" / file} << "of a lab that was killed";

    const auto lock = runtime.claim(demo_);
    ASSERT_TRUE(lock) << lock.error().to_string();
    EXPECT_FALSE(fs::exists(runtime.socket_path(demo_)));
    for (const char* file : {"supervisor.log", "exercise"})
        EXPECT_FALSE(fs::exists(parent_ / "flatlan" / "demo" / file));
}

TEST_F(RuntimeDirectoryTest, ListsLiveLabsAndRemovesWhatDeadOnesLeft) {
    const auto runtime = RuntimeDirectory::open().value();
    const auto live = runtime.claim(LabName::from("alive").value()).value();
    {
        const auto dead = runtime.claim(demo_).value();
        std::ofstream{runtime.socket_path(demo_)} << "a socket's place";
        std::ofstream{runtime.log_path(demo_)} << "a log";
    }
    const auto labs = runtime.live_labs();
    ASSERT_TRUE(labs) << labs.error().to_string();
    ASSERT_EQ(labs.value().size(), 1U);
    EXPECT_EQ(labs.value()[0].text(), "alive");
    EXPECT_FALSE(fs::exists(runtime.folder(demo_)));
    EXPECT_TRUE(fs::exists(live.folder()));
}

TEST_F(RuntimeDirectoryTest, NeverRemovesAFileThatIsNoLabs) {
    const auto runtime = RuntimeDirectory::open().value();
    { const auto dead = runtime.claim(demo_).value(); }
    const fs::path stranger = fs::path{runtime.folder(demo_)} / "notes.txt";
    std::ofstream{stranger} << "mine";
    EXPECT_FALSE(runtime.live_labs());
    EXPECT_TRUE(fs::exists(stranger));
}

TEST_F(RuntimeDirectoryTest, SaysWhenASocketsPathWouldBeTooLong) {
    const fs::path deep = parent_ / std::string(90, 'd');
    fs::create_directory(deep);
    setenv("XDG_RUNTIME_DIR", deep.c_str(), 1);
    const auto refused = RuntimeDirectory::open().value().claim(demo_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace flatlan::lab
