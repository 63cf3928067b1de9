// What a database of leases answers is on the disk by then: seen where SQLite asks the kernel.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string_view>
#include <utility>

#include "ipam/store/sqlite_lease_store.hpp"
#include "tests/conformance/lease_store/lease_store_test.hpp"

namespace flatlan::ipam {
namespace {

/// Counts what SQLite writes to a write-ahead log and when it syncs it, for as long as this lives:
/// SQLite's own file system with two calls of the log's watched. One thread, one at a time.
class WatchedLog {
public:
    WatchedLog() {
        original = sqlite3_vfs_find(nullptr);
        unsynced = syncs = 0;
        refusing = false;
        watched = *original;
        watched.zName = "watched-log";
        watched.xOpen = &open;
        sqlite3_vfs_register(&watched, 1);
    }
    WatchedLog(const WatchedLog&) = delete;
    WatchedLog& operator=(const WatchedLog&) = delete;
    ~WatchedLog() {
        sqlite3_vfs_unregister(&watched);
        sqlite3_vfs_register(original, 1);
    }

    int take_syncs() { return std::exchange(syncs, 0); }
    int unsynced_writes() const { return unsynced; }
    void refuse_syncs() { refusing = true; }

private:
    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
        const int code = original->xOpen(vfs, name, file, flags, out);
        if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
        real = file->pMethods;
        methods = *real;
        methods.xWrite = &write;
        methods.xSync = &sync;
        file->pMethods = &methods;
        return code;
    }
    static int write(sqlite3_file* file, const void* octets, int count, sqlite3_int64 at) {
        ++unsynced;
        return real->xWrite(file, octets, count, at);
    }
    static int sync(sqlite3_file* file, int flags) {
        if (refusing) return SQLITE_IOERR_FSYNC;
        ++syncs;
        unsynced = 0;
        return real->xSync(file, flags);
    }

    inline static sqlite3_vfs* original;
    inline static sqlite3_vfs watched;
    inline static const sqlite3_io_methods* real;
    inline static sqlite3_io_methods methods;
    inline static int unsynced;
    inline static int syncs;
    inline static bool refusing;
};

struct DurabilityTest : testing::Test {
    std::unique_ptr<SqliteLeaseStore> open() {
        auto opened = SqliteLeaseStore::open(
            {.file = file(), .boot = boot(1), .clock = clock.reader(), .rules = {}});
        EXPECT_TRUE(opened) << opened.error().to_string();
        return std::move(opened).value();
    }
    std::filesystem::path file() const { return folder.path() / "leases.db"; }
    /// One sync, after the last write.
    void expect_durable(std::string_view after) {
        EXPECT_EQ(log.take_syncs(), 1) << after;
        EXPECT_EQ(log.unsynced_writes(), 0) << after;
    }

    support::TemporaryFolder folder;
    TestClock clock;
    WatchedLog log;  ///< before any database
};

TEST_F(DurabilityTest, EveryChangeIsSyncedOnceBeforeItIsAnswered) {
    const auto store = open();
    log.take_syncs();
    ASSERT_TRUE(store->hold_block(prefix("10.244.0.0/29")));
    expect_durable("hold_block");
    ASSERT_TRUE(store->serve_block(prefix("10.244.0.0/29")));
    expect_durable("serve_block");
    ASSERT_TRUE(store->allocate(pod(1), kIpv4));
    expect_durable("allocate");
    ASSERT_TRUE(store->release(pod(1)));
    expect_durable("release");
    ASSERT_TRUE(store->release(pod(1)));
    expect_durable("release of what another process may have released, and not synced yet");
    ASSERT_TRUE(store->revoke_block(prefix("10.244.0.0/29")));
    expect_durable("revoke_block");
}

TEST_F(DurabilityTest, AReleaseThatWaitedIsOnTheDiskBeforeItsJournalIsEmpty) {
    const auto store = open();
    ASSERT_TRUE(store->hold_block(prefix("10.244.0.0/29")));
    ASSERT_TRUE(store->serve_block(prefix("10.244.0.0/29")));
    ASSERT_TRUE(store->allocate(pod(1), kIpv4));
    ASSERT_TRUE(SqliteLeaseStore::journal_of(file()).add(pod(1)));
    log.take_syncs();
    ASSERT_TRUE(store->allocate(pod(2), kIpv4));
    EXPECT_EQ(log.take_syncs(), 2);
    EXPECT_EQ(log.unsynced_writes(), 0);
    EXPECT_TRUE(SqliteLeaseStore::journal_of(file()).empty());
}

TEST_F(DurabilityTest, ADiskThatRefusesTheSyncIsAnErrorThatNamesTheFile) {
    const auto store = open();
    ASSERT_TRUE(store->hold_block(prefix("10.244.0.0/29")));
    log.refuse_syncs();
    const auto refused = store->serve_block(prefix("10.244.0.0/29"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find(file().string()), std::string::npos)
        << refused.error().text();
}

}  // namespace
}  // namespace flatlan::ipam
