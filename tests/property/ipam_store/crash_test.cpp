// Processes that allocate and release are killed at random moments, again and again. What they were
// told is so afterwards, whatever they were in the middle of.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "overlay/base/prng.hpp"
#include "tests/property/ipam_store/store_test.hpp"
#include "tests/support/child.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kProcesses = 3;
constexpr std::uint64_t kPodsEach = 40;
constexpr std::size_t kNotesMax = 4'000;  // the others write on while one is waited for

/// What a process was about to do, and what it was told.
struct Note {
    std::uint64_t pod = 0;
    bool allocates = false;
    std::atomic<bool> answered = false;
    std::uint32_t address = 0;  ///< that it was given
};
/// A process' diary: it lies in memory that outlives the process.
struct Diary {
    std::array<Note, kNotesMax> notes{};
    std::atomic<std::size_t> begun = 0;
};

struct CrashTest : StoreTest {
    // Whoever is killed loses nothing that it has written, be it synced or not: a sync is for the
    // machine's end. So the rounds need no disk, and there can be thousands of them.
    CrashTest() : StoreTest{support::memory_folder()} {}

    /// Allocates and releases until it is killed.
    void live(Diary& diary, std::uint64_t first_pod, std::uint64_t seed) {
        Prng chance{seed};
        const auto store = open();
        std::set<std::uint64_t> held;
        for (std::uint64_t pod = first_pod; pod < first_pod + kPodsEach; ++pod)
            if (store->find(key(pod)).value()) held.insert(pod);
        while (diary.begun < kNotesMax) {
            Note& note = diary.notes[diary.begun];
            note.pod = first_pod + chance.below(kPodsEach);
            note.allocates = !held.contains(note.pod);
            ++diary.begun;
            if (note.allocates) {
                const auto given = store->allocate(key(note.pod), {.ipv4 = true});
                ASSERT_TRUE(given) << given.error().to_string();
                note.address = given.value().ipv4->value();
                held.insert(note.pod);
            } else {
                ASSERT_TRUE(store->release(key(note.pod)).value());
                held.erase(note.pod);
            }
            note.answered = true;
        }
        while (true)
            ::pause();  // on a disk as quick as a tmpfs the diary may get full
    }

    /// Some die before they have begun, most in the middle of something.
    static void wait_for_a_random_moment(const std::array<Diary, kProcesses>& diaries,
                                         Prng& chance) {
        const Diary& watched = diaries[chance.below(kProcesses)];
        const std::size_t changes = chance.below(30);
        EXPECT_TRUE(support::eventually([&] { return watched.begun >= changes; }, 60s));
        for (std::uint64_t turns = chance.below(500); turns > 0; --turns)
            std::this_thread::yield();
    }

    /// Adds what the process was told to what is expected; a change that it was not told of may
    /// have happened or not, and then the store says which.
    void read(Diary& diary, const std::map<std::uint64_t, std::uint32_t>& found) {
        for (std::size_t i = 0; i < diary.begun; ++i) {
            const Note& note = diary.notes[i];
            ++changes;
            if (!note.answered) {
                ASSERT_EQ(i + 1, diary.begun);
                expected.erase(note.pod);
                if (const auto at = found.find(note.pod); at != found.end()) expected.insert(*at);
            } else if (note.allocates) {
                expected[note.pod] = note.address;
            } else {
                expected.erase(note.pod);
            }
        }
    }

    std::map<std::uint64_t, std::uint32_t> expected;  ///< who has what, by pod
    std::uint64_t changes = 0;                        ///< begun by all processes together
};

TEST_F(CrashTest, WhatAProcessWasToldIsSoWhateverKilledIt) {
    serve("10.244.0.0/25");
    const std::uint64_t rounds = support::rounds("ipam crashes", 5'000, 200);
    Prng chance{20261124};
    for (std::uint64_t round = 0; round < rounds; ++round) {
        SCOPED_TRACE(testing::Message() << "round " << round);
        support::Shared<std::array<Diary, kProcesses>> diaries;
        std::vector<support::Child> children;
        for (std::size_t i = 0; i < kProcesses; ++i) {
            const std::uint64_t seed = chance.next();
            children.push_back(
                support::Child::start([&] { live((*diaries)[i], i * kPodsEach, seed); }));
        }
        wait_for_a_random_moment(*diaries, chance);
        for (support::Child& child : children)
            EXPECT_EQ(child.kill(), -SIGKILL) << "it ended by itself";

        const auto store = open();
        const PoolView view = store->view().value();
        std::map<std::uint64_t, std::uint32_t> found;
        std::set<Ipv4Address> given;
        for (const Lease& lease : view.leases) {
            found[number(lease.key)] = lease.addresses.ipv4->value();
            EXPECT_TRUE(given.insert(*lease.addresses.ipv4).second) << "given twice";
        }
        for (std::size_t i = 0; i < kProcesses; ++i)
            read((*diaries)[i], found);
        ASSERT_EQ(found, expected);
        ASSERT_EQ(view.blocks.at(0).usage.leased, found.size());
        ASSERT_EQ(view.blocks.at(0).usage.total(), 128U);
        if (round % 50 == 0) {
            ASSERT_TRUE(store->check());
        }
    }
    EXPECT_GT(changes, rounds) << "the processes were killed before they did anything";
}

}  // namespace
}  // namespace flatlan::ipam
