// A process that has the turn with a database, and does what two others wait for, is killed at each
// of its system calls in turn. The two get what they asked for, once.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <set>

#include "tests/property/ipam_store/crowd.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::ipam {
namespace {

constexpr std::size_t kServer = 0;
constexpr std::size_t kAllocates = 1;
constexpr std::size_t kReleases = 2;

struct KilledServerTest : CrowdTest {
    KilledServerTest() : CrowdTest{support::memory_folder()} {
        serve("10.244.0.0/25");
        keeper_.emplace(support::Child::start([&] {
            const auto store = open();
            *is_kept_ = true;
            for (;;)
                ::pause();
        }));
        EXPECT_TRUE(support::eventually([&] { return is_kept_->load(); }));
    }

    /// Lets a process that is stopped go on until it enters or leaves its next system call; false
    /// when it has ended instead.
    static bool next_stop(pid_t process) {
        int status = 0;
        return ::ptrace(PTRACE_SYSCALL, process, nullptr, nullptr) == 0 &&
               ::waitpid(process, &status, 0) == process && WIFSTOPPED(status);
    }

    /// One round; false when the server ended before it came to its `stops`th stop.
    bool kill_at(std::uint64_t stops) {
        const std::uint64_t pod = 10 * (stops + 1);
        const auto before = open()->allocate(key(pod + kReleases), {.ipv4 = true});
        EXPECT_TRUE(before);
        Crowd crowd{file()};
        crowd.add(options(), allocates(pod + kServer));
        crowd.add(options(), allocates(pod + kAllocates));
        crowd.add(options(), releases(pod + kReleases));
        crowd.come(3);
        const pid_t server = crowd.told(kServer).process;
        EXPECT_EQ(::ptrace(PTRACE_SEIZE, server, nullptr, nullptr), 0);
        EXPECT_EQ(::ptrace(PTRACE_INTERRUPT, server, nullptr, nullptr), 0);
        EXPECT_EQ(::waitpid(server, nullptr, 0), server);
        crowd.let_go();
        bool is_alive = true;
        for (std::uint64_t stop = 0; stop < stops && is_alive; ++stop)
            is_alive = next_stop(server);
        if (is_alive) {
            EXPECT_EQ(crowd.child(kServer).kill(), -SIGKILL);
        }
        for (const std::size_t member : {kAllocates, kReleases}) {
            EXPECT_EQ(crowd.child(member).wait(), 0);
            EXPECT_TRUE(crowd.told(member).succeeded) << crowd.told(member).error.data();
        }
        EXPECT_EQ(crowd.told(kAllocates).address, address_of(pod + kAllocates));
        EXPECT_EQ(crowd.told(kReleases).address, before.value().ipv4->value());
        EXPECT_FALSE(lease_of(pod + kReleases));
        EXPECT_TRUE(!crowd.told(kServer).succeeded ||
                    crowd.told(kServer).address == address_of(pod + kServer));
        expect_each_address_once();
        for (const std::size_t member : {kServer, kAllocates})
            EXPECT_TRUE(open()->release(key(pod + member)));
        return is_alive;
    }

    void expect_each_address_once() {
        const PoolView view = open()->view().value();
        std::set<Ipv4Address> given;
        for (const Lease& lease : view.leases)
            EXPECT_TRUE(given.insert(*lease.addresses.ipv4).second) << to_string(lease.key);
        EXPECT_EQ(view.blocks.at(0).usage.leased, given.size());
        EXPECT_EQ(view.blocks.at(0).usage.total(), 128U);
    }

private:
    /// Has the database open, as a node's flatland: who opens it beside one reads no log anew,
    /// which gets longer with each round.
    std::optional<support::Child> keeper_;
    support::Shared<std::atomic<bool>> is_kept_;
};

TEST_F(KilledServerTest, ThoseThatWaitGetTheirsWhereverItIsKilled) {
    constexpr std::uint64_t kSevenths = 7;
    const std::uint64_t step =
        kSevenths / support::rounds("ipam: sevenths of a server's system calls", kSevenths, 1);
    std::uint64_t stops = 0;
    while (kill_at(stops)) {
        ASSERT_FALSE(HasFailure()) << "killed at stop " << stops;
        stops += step;
        ASSERT_LT(stops, 5'000U) << "it makes no end";
    }
    EXPECT_GT(stops, 30U) << "it was not seen at work";
    ASSERT_TRUE(open()->check());
}

}  // namespace
}  // namespace flatlan::ipam
