// What a registry in a file has to do besides: last, be shared by processes, and fail clearly.
#include "overlay/registry/sqlite/sqlite_registry.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "overlay/registry/mirror.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const BootId kBoot = BootId::from_text("00000000-0000-0000-0000-000000000001").value();
const BootId kNextBoot = BootId::from_text("00000000-0000-0000-0000-000000000002").value();

struct SqliteRegistryTest : testing::Test {
    std::filesystem::path file() const { return folder.path() / "registry.db"; }
    Result<std::unique_ptr<SqliteRegistry>> try_open(BootId boot = kBoot) const {
        return SqliteRegistry::open(
            {.file = file(), .boot = boot, .clock = [] { return Instant{}; }});
    }
    std::unique_ptr<SqliteRegistry> open(BootId boot = kBoot) const {
        return try_open(boot).value();
    }
    void change_database(const char* statement) const {
        sqlite3* other = nullptr;
        ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(other, statement, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(other);
    }

    support::TemporaryFolder folder;
};

TEST_F(SqliteRegistryTest, LastsFromOneProcessToTheNext) {
    const auto before = open();
    ASSERT_TRUE(before->put("a", "1", Revision{}, {}));
    const RegistryState state = before->state().value();
    const auto after = open();
    EXPECT_EQ(after->state().value(), state);
    EXPECT_EQ(after->get("a").value()->value, "1");
    EXPECT_TRUE(after->check());
}

/// Writes `count` times under its own key; what a child process does.
int write_as_child(const SqliteRegistryTest& test, int number, int count) {
    const auto registry = test.try_open();
    if (!registry) return 1;
    Revision last;
    for (int i = 0; i < count; ++i) {
        const auto written =
            registry.value()->put("w/" + std::to_string(number), std::to_string(i), last, {});
        if (!written) return 2;
        last = written.value();
    }
    return 0;
}

TEST_F(SqliteRegistryTest, AWatchSeesWhatEachOtherProcessWrites) {
    constexpr int kProcesses = 6;
    constexpr int kWrites = 20;
    (void)open();
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) ::_exit(write_as_child(*this, i, kWrites));
        children.push_back(child);
    }
    const auto registry = open();
    const auto watch = registry->watch("w/", Revision{}, {}).value();
    int seen = 0;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (seen < kProcesses * kWrites && std::chrono::steady_clock::now() < deadline)
        seen += static_cast<int>(watch->next(1s).value().events.size());
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(seen, kProcesses * kWrites);
    EXPECT_EQ(registry->list("w/", "", 100).value().records.size(), kProcesses);
}

TEST_F(SqliteRegistryTest, SessionsEndWithTheMachinesBoot) {
    const auto before = open();
    const SessionId session = before->open_session(1h).value();
    ASSERT_TRUE(before->put("s/a", "1", Revision{}, session));
    ASSERT_TRUE(before->put("s/b", "1", Revision{}, {}));
    EXPECT_TRUE(open()->get("s/a").value());
    const auto after = open(kNextBoot);
    EXPECT_FALSE(after->get("s/a").value());
    EXPECT_TRUE(after->get("s/b").value());
    EXPECT_EQ(after->keep_alive(session).error().code(), ErrorCode::not_found);
}

TEST_F(SqliteRegistryTest, AFileThatWasReplacedIsAnotherRegistry) {
    const auto registry = open();
    ASSERT_TRUE(registry->put("a", "1", Revision{}, {}));
    const RegistryState before = registry->state().value();
    const auto watch = registry->watch("", before.revision, {}).value();
    for (const auto* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(file().string() + suffix);
    const RegistryState after = registry->state().value();
    EXPECT_NE(after.cluster, before.cluster);
    EXPECT_EQ(after.revision, Revision{});
    EXPECT_TRUE(watch->next(0s).value().gap);
    EXPECT_TRUE(open()->put("a", "2", Revision{}, {})) << "all see the new one";
    EXPECT_EQ(registry->get("a").value()->value, "2");
}

TEST_F(SqliteRegistryTest, RefusesAFileOfANewerVersionAndNamesBoth) {
    (void)open();
    change_database("PRAGMA user_version = 2");
    const auto refused = try_open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(refused.error().to_string(), HasSubstr(file().string()));
    EXPECT_THAT(refused.error().to_string(), HasSubstr("has version 2"));
    EXPECT_THAT(refused.error().to_string(), HasSubstr("version 1, or a newer flatlan"));
}

TEST_F(SqliteRegistryTest, RefusesAFileThatIsNoDatabase) {
    std::ofstream{file()} << std::string(8192, 'x');
    const auto refused = try_open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.error().text(), HasSubstr(file().string()));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{file().parent_path()}, {}), 1)
        << "nothing was made beside it";
}

TEST_F(SqliteRegistryTest, SaysWhenItsFolderIsGone) {
    const auto registry = open();
    std::filesystem::remove_all(folder.path());
    const auto lost = registry->get("a");
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().text(), HasSubstr(file().string()));
}

TEST_F(SqliteRegistryTest, ForgetsOldChangesByItself) {
    const auto registry = open();
    const auto watch = registry->watch("", Revision{}, {}).value();
    ASSERT_TRUE(registry->put("a", "1", Revision{}, {}));
    // As if so many changes had been made.
    change_database("UPDATE registry SET revision = 66559");  // the next is a multiple of 1,024
    ASSERT_TRUE(registry->put("b", "1", Revision{}, {}));
    EXPECT_TRUE(watch->next(0s).value().gap);
}

}  // namespace
}  // namespace flatlan::registry
