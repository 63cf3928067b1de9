#include "ipam/store/rebuild.hpp"

#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "tests/conformance/lease_store/lease_store_test.hpp"
#include "tests/support/child.hpp"

namespace flatlan::ipam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct RebuildTest : testing::Test {
    struct Namespaces final : LiveNamespaces {
        std::vector<LiveAddress> live;
        Result<std::vector<LiveAddress>> addresses() override { return live; }
    };

    SqliteLeaseStore::Options options(unsigned boot_number = 1) {
        return {.file = file(),
                .boot = boot(boot_number),
                .clock = clock.reader(),
                .rules = {},
                .live = &namespaces};
    }
    std::filesystem::path file() const { return folder.path() / "leases.db"; }
    std::unique_ptr<SqliteLeaseStore> open(unsigned boot_number = 1) {
        auto opened = SqliteLeaseStore::open(options(boot_number));
        EXPECT_TRUE(opened) << opened.error().to_string();
        return std::move(opened).value();
    }
    /// A database with a block, the node's own lease and two pods'.
    void fill() {
        const auto store = open();
        incarnation = store->incarnation().value();
        ASSERT_TRUE(store->hold_block(prefix("10.244.0.0/26")));
        ASSERT_TRUE(store->serve_block(prefix("10.244.0.0/26")));
        const AddressRequest request{.ipv4 = true, .ipv6 = false, .origin = {boot(1), {}}};
        ASSERT_TRUE(store->allocate(node, request));
        ASSERT_TRUE(store->allocate(pod(1), request));
        ASSERT_TRUE(store->allocate(pod(2), request));
    }
    void see(std::string_view text, std::string key_text) {
        namespaces.live.push_back(
            {address(text), NetnsInode{7}, InterfaceName{"eth0"}, std::move(key_text)});
    }
    void destroy() const {
        std::filesystem::remove(file().string() + "-wal");
        std::ofstream{file()} << std::string(8192, 'x');
    }
    static std::vector<std::string> keys(const std::vector<Lease>& leases) {
        std::vector<std::string> keys;
        for (const Lease& lease : leases)
            keys.push_back(lease.key.text());
        return keys;
    }

    support::TemporaryFolder folder;
    TestClock clock;
    Namespaces namespaces;
    Incarnation incarnation;
    const LeaseKey node = LeaseKey::of_node(NodeName::from("n1").value());
};

TEST_F(RebuildTest, TakesOverWhatCanBeReadAndAdoptsWhatIsAlive) {
    fill();
    see("10.244.0.1", pod(1).text());
    see("10.244.0.9", pod(9).text());
    const auto report = rebuild(options(2), {});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_THAT(keys(report.value().kept), ElementsAre(pod(1).text(), "node:n1"));
    EXPECT_THAT(keys(report.value().adopted), ElementsAre(pod(9).text()));
    EXPECT_THAT(keys(report.value().released), ElementsAre(pod(2).text()));
    EXPECT_EQ(report.value().kept_aside, file().string() + ".damaged-1");

    const auto store = open(2);
    EXPECT_EQ(store->incarnation().value(), incarnation) << "so the blocks are still its own";
    EXPECT_EQ(store->view().value().leases.size(), 3U);
    EXPECT_TRUE(store->reconciled_at_boot().empty());
    EXPECT_TRUE(store->check());
}

TEST_F(RebuildTest, ThatIsRefusedLeavesNothingBehind) {
    EXPECT_EQ(rebuild(options(), {}).error().code(), ErrorCode::invalid_argument);
    const auto overlapping =
        rebuild(options(), {.blocks = {prefix("10.244.0.0/26"), prefix("10.244.0.32/27")}});
    ASSERT_FALSE(overlapping);
    EXPECT_EQ(overlapping.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(overlapping.error().text(), HasSubstr("10.244.0.32/27 overlaps"));
    auto elsewhere = options();
    elsewhere.file = folder.path() / "none" / "leases.db";
    const auto nowhere = rebuild(elsewhere, {.blocks = {prefix("10.244.0.0/26")}});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code(), ErrorCode::not_found);
    EXPECT_THAT(nowhere.error().text(),
                HasSubstr("there is no folder '" + (folder.path() / "none").string() + "'"));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing was made";
    std::filesystem::create_directory(file());
    const auto refused = rebuild(options(), {.blocks = {prefix("10.244.0.0/26")}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("is a folder (expected a file)"));
    const auto opened = SqliteLeaseStore::open(options());
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().to_string(), HasSubstr("is a folder (expected a file)"));
    EXPECT_TRUE(std::filesystem::is_empty(file()));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
}

TEST_F(RebuildTest, OfAFileThatCannotBeReadNeedsTheRegistryAndTheNamespaces) {
    fill();
    destroy();
    const auto refused = rebuild(options(), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(std::filesystem::file_size(file()), 8192U) << "nothing has changed";

    see("10.244.0.2", pod(2).text());
    const LiveAddress own{address("10.244.0.0"), NetnsInode{1}, InterfaceName{"lo"}};
    const auto report = rebuild(options(), {.blocks = {prefix("10.244.0.0/26")},
                                            .incarnation = incarnation,
                                            .own = {own},
                                            .node = NodeName::from("n1").value()});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_THAT(keys(report.value().adopted), ElementsAre(pod(2).text(), "node:n1"));
    EXPECT_EQ(std::filesystem::file_size(report.value().kept_aside), 8192U);
    const auto store = open();
    EXPECT_EQ(store->incarnation().value(), incarnation);
    EXPECT_EQ(store->allocate(pod(3), kIpv4).value().ipv4, address("10.244.0.1").ipv4());
    EXPECT_EQ(store->allocate(pod(4), kIpv4).value().ipv4, address("10.244.0.3").ipv4());
}

TEST_F(RebuildTest, NamesLeasesThatLieOutsideTheBlocksOfTheRegistry) {
    fill();
    const auto report = rebuild(options(), {.blocks = {prefix("10.244.9.0/26")}}).value();
    EXPECT_THAT(keys(report.outside), ElementsAre(pod(1).text(), pod(2).text(), "node:n1"));
    EXPECT_THAT(open()->view().value().leases, IsEmpty());
}

TEST_F(RebuildTest, WhoHasTheOldDatabaseOpenGoesOnWithTheNewOne) {
    fill();
    const auto open_before = open();
    ASSERT_TRUE(rebuild(options(), {}));
    ASSERT_TRUE(open_before->release(pod(1)));
    EXPECT_EQ(open()->find(pod(1)).value(), std::nullopt);
    EXPECT_TRUE(open_before->find(pod(2)).value());
}

TEST_F(RebuildTest, KeepsEveryOldDatabase) {
    fill();
    ASSERT_TRUE(rebuild(options(), {}));
    EXPECT_EQ(rebuild(options(), {}).value().kept_aside, file().string() + ".damaged-2");
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".damaged-1"));
    EXPECT_EQ(open()->view().value().leases.size(), 3U);
}

TEST_F(RebuildTest, AnInterruptedOneIsFinishedByTheNext) {
    fill();
    // As it is left by a crash between the two renames.
    std::ofstream{SqliteLeaseStore::rebuild_mark_of(file())};
    for (const char* suffix : {"-wal", "-shm", ""})
        std::filesystem::rename(file().string() + suffix, file().string() + ".damaged-1" + suffix);
    const auto refused = SqliteLeaseStore::open(options());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("flatlan ipam rebuild"));
    EXPECT_FALSE(std::filesystem::exists(file()));

    ASSERT_TRUE(rebuild(options(), {}));
    EXPECT_EQ(open()->view().value().leases.size(), 3U);
}

/// Lets a process that is traced and stopped go on, and stops it as it begins its `count`th rename;
/// false when it has ended instead.
bool stop_at_rename(pid_t process, unsigned count) {
    int status = 0;
    while (::ptrace(PTRACE_SYSCALL, process, nullptr, nullptr) == 0 &&
           ::waitpid(process, &status, 0) == process && WIFSTOPPED(status)) {
        __ptrace_syscall_info call{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof call, &call);
        const bool renames = call.op == PTRACE_SYSCALL_INFO_ENTRY && call.entry.nr == SYS_rename;
        if (renames && --count == 0) return true;
    }
    return false;
}

TEST_F(RebuildTest, KilledAtAnyOfItsRenamesLosesNothing) {
    constexpr unsigned kRenames = 4;  // log, index, database; the new one
    for (unsigned rename = 1; rename <= kRenames; ++rename) {
        SCOPED_TRACE(testing::Message() << "killed at rename " << rename);
        std::filesystem::remove_all(folder.path());
        std::filesystem::create_directory(folder.path());
        fill();
        auto killed = support::Child::start([&] {
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            ::raise(SIGSTOP);
            static_cast<void>(rebuild(options(), {}));
        });
        const pid_t process = ::waitpid(-1, nullptr, WUNTRACED);
        ASSERT_EQ(::ptrace(PTRACE_SETOPTIONS, process, nullptr, PTRACE_O_TRACESYSGOOD), 0);
        ASSERT_TRUE(stop_at_rename(process, rename));
        EXPECT_EQ(killed.kill(), -SIGKILL);
        EXPECT_FALSE(SqliteLeaseStore::open(options())) << "nobody uses a half of it";

        const auto report = rebuild(options(), {});
        ASSERT_TRUE(report) << report.error().to_string();
        EXPECT_THAT(keys(report.value().kept),
                    ElementsAre(pod(1).text(), pod(2).text(), "node:n1"));
        EXPECT_EQ(report.value().kept_aside, file().string() + ".damaged-1");
        for (const char* suffix : {"", "-wal"})
            EXPECT_GT(std::filesystem::file_size(report.value().kept_aside.string() + suffix), 0U);
        EXPECT_EQ(open()->incarnation().value(), incarnation);
    }
}

TEST_F(RebuildTest, DoesNotTouchADatabaseOfANewerVersion) {
    fill();
    {
        auto database = sqlite::Database::open(file(), LeaseTables::kSchema).value();
        ASSERT_TRUE(database.execute("PRAGMA user_version = 99"));
    }
    EXPECT_EQ(rebuild(options(), {}).error().code(), ErrorCode::unsupported);
    EXPECT_FALSE(std::filesystem::exists(file().string() + ".damaged-1"));
}

TEST_F(RebuildTest, AReconciliationAdoptsWhatALostTransactionForgot) {
    fill();
    const auto store = open();
    see("10.244.0.3", pod(3).text());
    EXPECT_THAT(keys(store->reconcile().value().adopt), ElementsAre(pod(3).text()));
    EXPECT_TRUE(open()->find(pod(3)).value());
    EXPECT_EQ(store->allocate(pod(4), kIpv4).value().ipv4, address("10.244.0.4").ipv4());
}

}  // namespace
}  // namespace flatlan::ipam
