// Whoever has the turn with a database does what all that wait have asked for; whatever is wrong
// with the file in which they ask, each gets its own answer.
#include <gmock/gmock.h>
#include <sys/time.h>

#include <csignal>
#include <fstream>
#include <set>

#include "ipam/store/request_board.hpp"
#include "tests/property/ipam_store/crowd.hpp"

namespace flatlan::ipam {
namespace {

using testing::HasSubstr;
using State = RequestBoard::State;

struct GroupCommitTest : CrowdTest {
    GroupCommitTest() : CrowdTest{support::memory_folder()} { serve("10.244.0.0/28"); }

    std::filesystem::path requests() const { return SqliteLeaseStore::requests_of(file()); }
    std::uint32_t first_octets() const {
        return Ipv4Address::from_text("10.244.0.0").value().value();
    }

    /// The state that the board has of a member's request, as octets of the file.
    int state_of(std::int64_t ticket) const {
        std::ifstream board{requests(), std::ios::binary};
        board.seekg(1024 * (ticket % RequestBoard::kPlaces));
        return board.get();
    }
    /// Each of the crowd has another address, which is its lease.
    void expect_own_addresses(Crowd& crowd, std::size_t members) {
        std::set<std::uint32_t> given;
        for (std::size_t i = 0; i < members; ++i) {
            EXPECT_TRUE(crowd.told(i).succeeded) << crowd.told(i).error.data();
            EXPECT_TRUE(given.insert(crowd.told(i).address).second) << "given twice";
            EXPECT_EQ(crowd.told(i).address, address_of(i));
        }
        EXPECT_TRUE(open()->check());
    }
    void expect_four_to_get_their_own() {
        Crowd crowd{file()};
        for (std::size_t i = 0; i < 4; ++i)
            crowd.add(options(), allocates(i));
        crowd.run();
        expect_own_addresses(crowd, 4);
    }
};

TEST_F(GroupCommitTest, TheFirstOfThoseThatWaitDoesWhatTheOthersWant) {
    ASSERT_TRUE(open()->allocate(key(3), {.ipv4 = true}));
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), allocates(1));
    crowd.add(options(), releases(3));
    crowd.add(options(), releases(77));
    crowd.run();
    EXPECT_EQ(crowd.told(0).address, first_octets() + 1);
    EXPECT_EQ(crowd.told(1).address, first_octets() + 2);
    EXPECT_EQ(crowd.told(2).address, first_octets());
    EXPECT_TRUE(crowd.told(3).succeeded) << "there was nothing to release";
    EXPECT_EQ(crowd.told(3).address, 0U);
    EXPECT_FALSE(lease_of(3));
    EXPECT_EQ(state_of(crowd.ticket_of(0)), static_cast<int>(State::posted)) << "it did its own";
    for (const std::size_t member : {1U, 2U, 3U})
        EXPECT_EQ(state_of(crowd.ticket_of(member)), static_cast<int>(State::done)) << member;
}

TEST_F(GroupCommitTest, WhoIsAnsweredByAnotherNeedNotOpenTheDatabase) {
    ASSERT_TRUE(open()->allocate(key(3), {.ipv4 = true}));
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), allocates(1));
    crowd.add(options(), releases(3));
    crowd.add(options(), allocates(3));
    crowd.run();
    expect_own_addresses(crowd, 2);
    EXPECT_TRUE(crowd.told(0).has_database);
    EXPECT_FALSE(crowd.told(1).has_database);
    EXPECT_FALSE(crowd.told(2).has_database);
    EXPECT_FALSE(crowd.told(3).has_database);
}

TEST_F(GroupCommitTest, WhoIsRefusedSeesTheReasonAndTheOthersGetTheirs) {
    ASSERT_TRUE(open()->allocate(key(9), {.ipv4 = true}));
    AddressRequest taken;
    taken.wanted.ipv4 = Ipv4Address{first_octets()};
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), allocates(1, taken));
    crowd.add(options(), allocates(2));
    crowd.run();
    EXPECT_TRUE(crowd.told(0).succeeded);
    EXPECT_FALSE(crowd.told(1).succeeded);
    EXPECT_THAT(crowd.told(1).error.data(), HasSubstr("net/pod9/eth0"));
    EXPECT_TRUE(crowd.told(2).succeeded);
    EXPECT_FALSE(lease_of(1));
}

TEST_F(GroupCommitTest, NobodyAllocatesForOneThatHasOtherRules) {
    auto with_exclusion = options();
    with_exclusion.rules.excluded = {IpPrefix::from_text("10.244.0.0/29").value()};
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(with_exclusion, allocates(1));
    crowd.run();
    EXPECT_EQ(crowd.told(0).address, first_octets());
    EXPECT_EQ(crowd.told(1).address, first_octets() + 8);
}

TEST_F(GroupCommitTest, NobodyAllocatesForOneThatIsDead) {
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), allocates(1));
    crowd.add(options(), allocates(2));
    crowd.come(3);
    EXPECT_EQ(crowd.child(1).kill(), -SIGKILL);
    crowd.let_go();
    EXPECT_EQ(crowd.child(0).wait(), 0);
    EXPECT_EQ(crowd.child(2).wait(), 0);
    EXPECT_FALSE(lease_of(1));
    EXPECT_EQ(crowd.told(2).address, first_octets() + 1);
}

TEST_F(GroupCommitTest, AReleaseThatWasQueuedComesBeforeWhatTheSameKeyAsksForNow) {
    ASSERT_TRUE(open()->allocate(key(1), {.ipv4 = true}));
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), allocates(1));
    crowd.come(1);
    ASSERT_TRUE(SqliteLeaseStore::journal_of(file()).add(key(1)));
    crowd.run();
    expect_own_addresses(crowd, 2);
}

TEST_F(GroupCommitTest, EachDoesItsOwnWhereTheFileIsNoBoard) {
    std::filesystem::remove_all(requests());
    std::ofstream{requests(), std::ios::binary} << std::string(200'000, '\x2a');
    expect_four_to_get_their_own();
}

TEST_F(GroupCommitTest, EachDoesItsOwnWhereNoFileCanBeMade) {
    std::filesystem::remove_all(requests());
    std::filesystem::create_directory(requests());
    expect_four_to_get_their_own();
}

TEST_F(GroupCommitTest, AFileThatIsEmptiedOrRemovedWhileTheyWaitLosesNothing) {
    for (const bool removed : {true, false}) {
        SCOPED_TRACE(removed ? "removed" : "emptied");
        const std::uint64_t pods = removed ? 0 : 3;
        Crowd crowd{file()};
        crowd.add(options(), allocates(pods));
        crowd.add(options(), allocates(pods + 1));
        crowd.add(options(), allocates(pods + 2));
        crowd.come(2);
        if (removed)
            std::filesystem::remove(requests());
        else
            std::filesystem::resize_file(requests(), 0);
        crowd.run();
        for (const std::size_t member : {0U, 1U, 2U}) {
            EXPECT_TRUE(crowd.told(member).succeeded) << crowd.told(member).error.data();
            EXPECT_EQ(crowd.told(member).address, address_of(pods + member));
        }
    }
}

/// As a version that knows no board: it takes its number, and does its own when its turn comes.
TEST_F(GroupCommitTest, AnotherVersionThatPostsNothingWaitsItsTurnAmongThem) {
    Crowd crowd{file()};
    crowd.add(options(), allocates(0));
    crowd.add(options(), [&](SqliteLeaseStore&, Told& told) {
        auto queue = sqlite::TicketLock::open(file().string() + ".lock").value();
        const auto turn = queue.lock();
        auto database = sqlite::Database::open(file(), LeaseTables::kSchema).value();
        LeaseTables tables{database};
        IpAddresses last;
        last.set(Ipv4Address{first_octets() + 15});
        ASSERT_TRUE(database.begin_write());
        ASSERT_TRUE(tables.add_lease({key(50), last, {}}));
        ASSERT_TRUE(database.commit());
        told.succeeded = true;
    });
    crowd.add(options(), allocates(1));
    crowd.run();
    EXPECT_TRUE(crowd.told(1).succeeded);
    EXPECT_EQ(crowd.told(0).address, address_of(0));
    EXPECT_EQ(crowd.told(2).address, address_of(1));
    EXPECT_EQ(address_of(50), first_octets() + 15);
}

/// What CNI's plugin does: signals end a wait that gets long. Nobody allocates for it afterwards.
TEST_F(GroupCommitTest, WhoGivesUpHasChangedNothing) {
    Crowd crowd{file()};
    crowd.add(options(), [&](SqliteLeaseStore& store, Told& told) {
        struct sigaction nothing {};
        nothing.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &nothing, nullptr);
        const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 100'000},
                              .it_value = {.tv_sec = 0, .tv_usec = 100'000}};
        ::setitimer(ITIMER_REAL, &often, nullptr);
        allocates(1)(store, told);
    });
    crowd.come(1);
    EXPECT_EQ(crowd.child(0).wait(), 0);
    EXPECT_FALSE(crowd.told(0).succeeded);
    EXPECT_THAT(crowd.told(0).error.data(), HasSubstr("keeps the database locked"));
    crowd.let_go();
    ASSERT_TRUE(open()->allocate(key(2), {.ipv4 = true}));
    EXPECT_FALSE(lease_of(1));
}

}  // namespace
}  // namespace flatlan::ipam
