#include "ipam/store/release_journal.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "ipam/store/sqlite_lease_store.hpp"
#include "tests/conformance/lease_store/lease_store_test.hpp"

namespace flatlan::ipam {
namespace {

using testing::ElementsAre;

struct ReleaseJournalTest : testing::Test {
    SqliteLeaseStore::Options options() {
        return {.file = file(), .boot = boot(1), .clock = clock.reader()};
    }
    std::filesystem::path file() const { return folder.path() / "leases.db"; }
    std::filesystem::path journal_file() const { return file().string() + ".releases"; }
    std::unique_ptr<SqliteLeaseStore> open() { return SqliteLeaseStore::open(options()).value(); }
    void serve_block() {
        const auto store = open();
        ASSERT_TRUE(store->hold_block(prefix("10.244.0.0/29")));
        ASSERT_TRUE(store->serve_block(prefix("10.244.0.0/29")));
    }
    std::vector<LeaseKey> drained() {
        std::vector<LeaseKey> keys;
        EXPECT_TRUE(journal.drain([&](const std::vector<LeaseKey>& waiting) -> Result<void> {
            keys = waiting;
            return success();
        }));
        return keys;
    }

    support::TemporaryFolder folder;
    TestClock clock;
    ReleaseJournal journal = SqliteLeaseStore::journal_of(file());
};

TEST_F(ReleaseJournalTest, KeepsKeysInTheirOrderUntilTheyAreDone) {
    EXPECT_TRUE(journal.empty());
    ASSERT_TRUE(journal.add(pod(2)));
    ASSERT_TRUE(journal.add(pod(1)));
    EXPECT_FALSE(journal.empty());
    EXPECT_THAT(drained(), ElementsAre(pod(2), pod(1)));
    EXPECT_TRUE(journal.empty());
}

TEST_F(ReleaseJournalTest, KeepsThemWhenTheyCouldNotBeDone) {
    ASSERT_TRUE(journal.add(pod(1)));
    EXPECT_FALSE(journal.drain([](const auto&) -> Result<void> {
        return Error{ErrorCode::unavailable, "not now"};
    }));
    EXPECT_THAT(drained(), ElementsAre(pod(1)));
}

TEST_F(ReleaseJournalTest, ForgetsALineThatACrashCutOff) {
    ASSERT_TRUE(journal.add(pod(1)));
    std::ofstream{journal_file(), std::ios::app} << "net/pod2/eth";
    ASSERT_TRUE(journal.add(pod(3)));
    std::ofstream{journal_file(), std::ios::app} << "net/pod4/eth";
    EXPECT_THAT(drained(), ElementsAre(pod(1), pod(3)));
}

TEST_F(ReleaseJournalTest, PassesOverLinesThatAreNoKeys) {
    std::ofstream{journal_file()} << "rubbish\n\n" << pod(1).text() << "\n";
    EXPECT_THAT(drained(), ElementsAre(pod(1)));
}

TEST_F(ReleaseJournalTest, AReleaseWaitsWhileTheDatabaseCannotBeOpened) {
    serve_block();
    ASSERT_TRUE(open()->allocate(pod(1), kIpv4));
    ASSERT_TRUE(open()->allocate(pod(2), kIpv4));
    const std::string elsewhere = (folder.path() / "elsewhere.db").string();
    for (const char* suffix : {"-wal", "-shm", ""})
        std::filesystem::rename(file().string() + suffix, elsewhere + suffix);
    std::ofstream{file()} << std::string(4096, 'x');
    EXPECT_EQ(release_or_queue(options(), pod(1)).value(), Released::later);
    EXPECT_EQ(release_or_queue(options(), pod(1)).value(), Released::later);
    for (const char* suffix : {"-wal", "-shm", ""})
        std::filesystem::rename(elsewhere + suffix, file().string() + suffix);

    const auto store = open();
    EXPECT_TRUE(store->find(pod(1)).value()) << "looking changes nothing";
    // The same key again: it must keep what it is given now.
    ASSERT_TRUE(store->allocate(pod(1), kIpv4));
    EXPECT_TRUE(journal.empty());
    EXPECT_EQ(store->find(pod(1)).value()->addresses.ipv4, address("10.244.0.2").ipv4());
    EXPECT_TRUE(store->release(pod(2)).value());
    EXPECT_TRUE(store->find(pod(1)).value());
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 2U);
}

TEST_F(ReleaseJournalTest, AReleaseIsDoneAtOnceWhereTheDatabaseIsWell) {
    serve_block();
    ASSERT_TRUE(open()->allocate(pod(1), kIpv4));
    EXPECT_EQ(release_or_queue(options(), pod(1)).value(), Released::now);
    EXPECT_EQ(open()->find(pod(1)).value(), std::nullopt);
    EXPECT_EQ(release_or_queue(options(), pod(1)).value(), Released::now) << "of what is gone";
    EXPECT_FALSE(std::filesystem::exists(journal_file()));
}

TEST_F(ReleaseJournalTest, FailsWhenNeitherCanBeWritten) {
    SqliteLeaseStore::Options nowhere = options();
    nowhere.file = "/proc/flatlan/leases.db";
    const auto refused = release_or_queue(nowhere, pod(1));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), testing::HasSubstr("/proc/flatlan/leases.db.releases"));
}

}  // namespace
}  // namespace flatlan::ipam
