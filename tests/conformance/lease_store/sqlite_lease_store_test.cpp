// What a database on a disk has to do besides: last, be shared, and fail clearly.
#include "ipam/store/sqlite_lease_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/conformance/lease_store/lease_store_test.hpp"

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Namespaces as a test says they are.
struct ScriptedNamespaces final : LiveNamespaces {
    std::vector<LiveAddress> live;
    bool readable = true;
    Result<std::vector<LiveAddress>> addresses() override {
        if (!readable) return Error{ErrorCode::forbidden, "no look at the namespaces"};
        return live;
    }
};

struct SqliteLeaseStoreTest : testing::Test {
    Result<std::unique_ptr<SqliteLeaseStore>> open(unsigned boot_number = 1,
                                                   LiveNamespaces* live = nullptr) {
        return SqliteLeaseStore::open({.file = file(),
                                       .boot = boot(boot_number),
                                       .clock = clock.reader(),
                                       .rules = {},
                                       .live = live});
    }
    std::filesystem::path file() const { return folder.path() / "leases.db"; }
    LeaseOrigin origin(unsigned boot_number) const { return {boot(boot_number), NetnsInode{9}}; }
    AddressRequest request(unsigned boot_number) const {
        return {.ipv4 = true, .ipv6 = false, .origin = origin(boot_number)};
    }
    void add_block(LeaseStore& store, std::string_view block = "10.244.0.0/29") {
        ASSERT_TRUE(store.hold_block(prefix(block)));
        ASSERT_TRUE(store.serve_block(prefix(block)));
    }

    support::TemporaryFolder folder;
    TestClock clock;
};

TEST_F(SqliteLeaseStoreTest, LastsFromOneProcessToTheNext) {
    Incarnation incarnation;
    {
        const auto store = open().value();
        incarnation = store->incarnation().value();
        add_block(*store);
        ASSERT_TRUE(store->hold_block(prefix("10.244.1.0/29")));
        for (std::uint64_t i = 0; i < 8; ++i)
            ASSERT_TRUE(store->allocate(pod(i), kIpv4));
        for (const std::uint64_t i : {5, 2})
            ASSERT_TRUE(store->release(pod(i)));
    }
    const auto store = open().value();
    EXPECT_EQ(store->incarnation().value(), incarnation);
    const PoolView view = store->view().value();
    ASSERT_EQ(view.blocks.size(), 2U);
    EXPECT_EQ(view.blocks[0].usage, (PoolUsage{.leased = 6, .cooling = 2}));
    EXPECT_FALSE(view.blocks[1].serving);
    EXPECT_EQ(store->allocate(pod(10), kIpv4).value().find(IpFamily::ipv4), address("10.244.0.5"));
    EXPECT_EQ(store->allocate(pod(11), kIpv4).value().find(IpFamily::ipv4), address("10.244.0.2"));
    EXPECT_TRUE(store->check());
}

TEST_F(SqliteLeaseStoreTest, IsReadableByItsOwnerAlone) {
    const auto store = open().value();
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) {
        struct stat status {};
        ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
    }
}

TEST_F(SqliteLeaseStoreTest, OneStoreSeesWhatAnotherWrote) {
    const auto one = open().value();
    const auto other = open().value();
    add_block(*one);
    ASSERT_TRUE(one->allocate(pod(1), kIpv4));
    ASSERT_TRUE(other->allocate(pod(2), kIpv4));
    EXPECT_EQ(one->view().value().leases, other->view().value().leases);
    ASSERT_TRUE(other->release(pod(1)));
    EXPECT_EQ(one->find(pod(1)).value(), std::nullopt);
    ASSERT_TRUE(one->release(pod(2)));
    ASSERT_TRUE(other->remove_block(prefix("10.244.0.0/29")));
    EXPECT_TRUE(one->view().value().blocks.empty());
}

TEST_F(SqliteLeaseStoreTest, CatchesUpWhenMoreHasChangedThanIsRemembered) {
    const auto one = open().value();
    const auto other = open().value();
    add_block(*one);
    ASSERT_TRUE(one->allocate(pod(1), kIpv4));
    for (std::int64_t i = 0; i < LeaseTables::kChangesMin + 10; ++i) {
        ASSERT_TRUE(other->allocate(pod(2), kIpv4));
        ASSERT_TRUE(other->release(pod(2)));
    }
    EXPECT_EQ(one->view().value().leases, other->view().value().leases);
    EXPECT_EQ(one->view().value().blocks, other->view().value().blocks);
    const IpAddresses given = one->allocate(pod(3), kIpv4).value();
    const auto anew = open().value();
    EXPECT_EQ(anew->find(pod(3)).value()->addresses, given);
}

TEST_F(SqliteLeaseStoreTest, AfterABootReleasesThePodsThatAreGoneAndKeepsTheNode) {
    const auto node = LeaseKey::of_node(NodeName::from("n1").value());
    {
        const auto store = open(1).value();
        add_block(*store);
        ASSERT_TRUE(store->allocate(node, request(1)));
        ASSERT_TRUE(store->allocate(pod(1), request(1)));
        ASSERT_TRUE(store->allocate(pod(2), request(1)));
    }
    clock.now = Instant{} + 5s;  // the clock begins anew with each boot
    ScriptedNamespaces namespaces;
    namespaces.live = {{address("10.244.0.2"), NetnsInode{3}, InterfaceName{"eth0"}}};
    const auto store = open(2, &namespaces).value();
    ASSERT_EQ(store->reconciled_at_boot().release.size(), 1U);
    EXPECT_EQ(store->reconciled_at_boot().release[0].key, pod(1));
    EXPECT_TRUE(store->find(node).value());
    EXPECT_TRUE(store->find(pod(2)).value()) << "its address is in a namespace that is there";
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 1U) << "it rests from now on";
    clock.now = clock.now + PoolRules::kCoolDown;
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 0U);
    EXPECT_TRUE(open(2).value()->reconciled_at_boot().empty());
}

TEST_F(SqliteLeaseStoreTest, WhatRestedBeforeABootRestsFromTheBootOn) {
    {
        const auto store = open(1).value();
        add_block(*store);
        ASSERT_TRUE(store->allocate(pod(1), request(1)));
        ASSERT_TRUE(store->release(pod(1)).value());
    }
    clock.now = Instant{} + 5s;
    const auto store = open(2).value();
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 1U);
    clock.now = clock.now + PoolRules::kCoolDown;
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 0U)
        << "the clock of the boot before is of no meaning, also to who saw the boot";
}

TEST_F(SqliteLeaseStoreTest, AClockThatWentBackEndsNoRestEarlierForWhoStartsAnew) {
    const auto store = open().value();
    add_block(*store);
    for (std::uint64_t i = 0; i < 2; ++i)
        ASSERT_TRUE(store->allocate(pod(i), kIpv4));
    ASSERT_TRUE(store->release(pod(0)).value());
    clock.now = clock.now - 50s;
    ASSERT_TRUE(store->release(pod(1)).value());
    // What was freed first leaves the queue.
    AddressRequest wanted = kIpv4;
    wanted.wanted.set(address("10.244.0.0"));
    ASSERT_TRUE(store->allocate(pod(2), wanted));
    clock.now = clock.now + 70s;
    EXPECT_EQ(store->view().value().blocks.at(0).usage.cooling, 1U);
    EXPECT_EQ(open().value()->view().value().blocks.at(0).usage.cooling, 1U);
}

TEST_F(SqliteLeaseStoreTest, DoesNotServeAfterABootWhileNamespacesCannotBeRead) {
    {
        const auto store = open(1).value();
        add_block(*store);
        ASSERT_TRUE(store->allocate(pod(1), request(1)));
    }
    ScriptedNamespaces namespaces;
    namespaces.readable = false;
    EXPECT_EQ(open(2, &namespaces).error().code(), ErrorCode::forbidden);
    const auto store = open(1).value();
    EXPECT_TRUE(store->find(pod(1)).value()) << "nothing was released";
}

TEST_F(SqliteLeaseStoreTest, OpenedWhenNeededDoesTheSameWithTheFirstCall) {
    {
        const auto store = open().value();
        add_block(*store);
        ASSERT_TRUE(store->allocate(pod(1), request(1)));
    }
    ScriptedNamespaces namespaces;
    namespaces.readable = false;
    const auto store = SqliteLeaseStore::open({.file = file(),
                                               .boot = boot(2),
                                               .clock = clock.reader(),
                                               .rules = {},
                                               .live = &namespaces,
                                               .opens_when_needed = true})
                           .value();
    for (int call = 0; call < 2; ++call)
        EXPECT_EQ(store->allocate(pod(2), request(2)).error().code(), ErrorCode::forbidden);
    namespaces.readable = true;
    EXPECT_TRUE(store->allocate(pod(2), request(2)));
    EXPECT_EQ(store->reconciled_at_boot().release.size(), 1U);
    EXPECT_EQ(store->find(pod(1)).value(), std::nullopt);
}

TEST_F(SqliteLeaseStoreTest, NamesAFileThatIsNoDatabase) {
    std::ofstream{file()} << std::string(8192, 'x');
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.error().text(), HasSubstr(file().string()));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1)
        << "nothing was made beside it";
}

TEST_F(SqliteLeaseStoreTest, NamesADatabaseThatIsDamagedInside) {
    {
        const auto store = open().value();
        add_block(*store, "10.244.0.0/22");
        for (std::uint64_t i = 0; i < 500; ++i)
            ASSERT_TRUE(store->allocate(pod(i), kIpv4));
    }
    const auto size = std::filesystem::file_size(file().string() + "-wal");
    {
        std::fstream log{file().string() + "-wal", std::ios::in | std::ios::out | std::ios::binary};
        log.seekp(0);
        log << std::string(size, '\0');  // what was not copied back yet is lost
    }
    std::fstream{file(), std::ios::in | std::ios::out | std::ios::binary}.seekp(4096)
        << std::string(std::filesystem::file_size(file()) - 4096, '\xa5');
    const auto opened = open();
    const auto refused = opened ? opened.value()->check().error() : opened.error();
    EXPECT_EQ(refused.code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.text(), HasSubstr(file().string()));
}

TEST_F(SqliteLeaseStoreTest, RefusesADatabaseOfANewerVersionAndOneOfAnotherProgram) {
    ASSERT_TRUE(open());
    const auto mark = [&](const char* statement) {
        sqlite::Schema any = LeaseTables::kSchema;
        auto database = sqlite::Database::open(file(), any).value();
        ASSERT_TRUE(database.execute(statement));
    };
    mark("PRAGMA user_version = 2");
    const auto newer = open();
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(newer.error().to_string(), HasSubstr("newer flatlan"));
    std::filesystem::remove(file());
    ASSERT_TRUE(open());
    mark("PRAGMA application_id = 77");
    EXPECT_EQ(open().error().code(), ErrorCode::corrupt);
}

TEST_F(SqliteLeaseStoreTest, RefusesADatabaseWhoseRowsContradictEachOther) {
    {
        const auto store = open().value();
        add_block(*store);
        ASSERT_TRUE(store->allocate(pod(1), kIpv4));
    }
    auto database = sqlite::Database::open(file(), LeaseTables::kSchema).value();
    ASSERT_TRUE(
        database.execute("UPDATE leases SET ipv4 = '10.9.9.9'; "
                         "INSERT INTO changes (what) VALUES ('reload')"));
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.error().text(), HasSubstr("10.9.9.9"));
}

TEST_F(SqliteLeaseStoreTest, SaysWhichFileItCannotMake) {
    const auto refused = SqliteLeaseStore::open(
        {.file = "/proc/flatlan/leases.db", .boot = boot(1), .clock = clock.reader()});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
    EXPECT_EQ(refused.error().text(),
              "database '/proc/flatlan/leases.db': there is no folder '/proc/flatlan'");
}

}  // namespace
}  // namespace flatlan::ipam
