#include "tests/conformance/registry/registry_contract.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <thread>

#include "overlay/registry/mirror.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(RegistryContract, ARecordIsReadAsItWasWritten) {
    const std::string value{"\0\xff line\nline", 12};
    const auto written = registry().put("a", value, Revision{});
    ASSERT_TRUE(written) << written.error().to_string();
    EXPECT_EQ(registry().get("a").value(), (Record{"a", value, written.value(), SessionId{}}));
    EXPECT_EQ(registry().get("b").value(), std::nullopt);
}

TEST_P(RegistryContract, OfTwoWritersWithTheSameExpectationOneLosesAndChangesNothing) {
    const auto other = testbed().connect();
    const auto first = registry().put("a", "mine", Revision{}).value();
    const auto lost = other->put("a", "theirs", Revision{});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), ErrorCode::conflict);
    EXPECT_EQ(other->get("a").value()->value, "mine");

    const auto second = other->put("a", "theirs", first).value();
    EXPECT_GT(second, first);
    EXPECT_EQ(registry().put("a", "mine", first).error().code(), ErrorCode::conflict);
    EXPECT_EQ(registry().remove("a", first).error().code(), ErrorCode::conflict);
    EXPECT_EQ(registry().get("a").value()->value, "theirs");
}

TEST_P(RegistryContract, ARemovedRecordIsGoneAndItsRevisionNeverComesBack) {
    const auto written = registry().put("a", "1", Revision{}).value();
    const auto removed = registry().remove("a", written).value();
    EXPECT_GT(removed, written);
    EXPECT_EQ(registry().get("a").value(), std::nullopt);
    EXPECT_EQ(registry().remove("a", written).error().code(), ErrorCode::conflict);
    EXPECT_EQ(registry().remove("a", Revision{}).error().code(), ErrorCode::conflict);
    EXPECT_EQ(registry().put("a", "2", written).error().code(), ErrorCode::conflict);
    EXPECT_GT(registry().put("a", "3", Revision{}).value(), removed);
}

TEST_P(RegistryContract, RefusesWhatIsTooLargeOrEmpty) {
    const auto code = [&](const std::string& key, const std::string& value) {
        return registry().put(key, value, Revision{}).error().code();
    };
    EXPECT_EQ(code("", "1"), ErrorCode::invalid_argument);
    EXPECT_EQ(code(std::string(Registry::kKeySizeMax + 1, 'k'), "1"), ErrorCode::invalid_argument);
    EXPECT_EQ(code("a", ""), ErrorCode::invalid_argument);
    EXPECT_EQ(code("a", std::string(Registry::kValueSizeMax + 1, 'v')),
              ErrorCode::invalid_argument);
    EXPECT_TRUE(registry().put(std::string(Registry::kKeySizeMax, 'k'),
                               std::string(Registry::kValueSizeMax, 'v'), Revision{}));
}

TEST_P(RegistryContract, ListsByKeyInPages) {
    for (const auto* key : {"b/3", "b/1", "c", "a", "b/2", "b", "b0"})
        ASSERT_TRUE(registry().put(key, "v", Revision{}));
    std::vector<std::string> keys;
    std::string after;
    for (bool more = true; more;) {
        const Page page = registry().list("b/", after, 2).value();
        EXPECT_LE(page.records.size(), 2U);
        EXPECT_EQ(page.revision, registry().state().value().revision);
        for (const Record& record : page.records)
            keys.push_back(record.key);
        more = page.more;
        after = page.records.back().key;
    }
    EXPECT_THAT(keys, ElementsAre("b/1", "b/2", "b/3"));
    EXPECT_EQ(registry().list("", "", 100).value().records.size(), 7U);
    EXPECT_THAT(registry().list("nothing", "", 10).value().records, IsEmpty());
}

TEST_P(RegistryContract, OctetsOutsideAsciiSortAsOctets) {
    const std::array<std::string, 3> keys{"k/\x7f", "k/\xc3\xa4", "k/\xff"};
    for (const std::string& key : keys)
        ASSERT_TRUE(registry().put(key, "v", Revision{}));
    const Page page = registry().list("k/", "", 10).value();
    ASSERT_EQ(page.records.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(page.records[i].key, keys[i]);
    EXPECT_EQ(registry().list("k/\xff", "", 10).value().records.size(), 1U);
}

TEST_P(RegistryContract, TheStateNamesTheRegistryAndFollowsItsChanges) {
    const RegistryState before = registry().state().value();
    ASSERT_TRUE(registry().put("a", "1", Revision{}));
    const RegistryState after = testbed().connect()->state().value();
    EXPECT_EQ(after.cluster, before.cluster);
    EXPECT_NE(after.cluster, 0U);
    EXPECT_GT(after.revision, before.revision);
}

TEST_P(RegistryContract, AWatchReportsEachChangeBehindItsRevisionInOrder) {
    const auto other = testbed().connect();
    const auto one = registry().put("w/a", "1", Revision{}).value();
    const auto two = registry().put("w/a", "2", one).value();
    const auto watch = registry().watch("w/", one, {}).value();
    ASSERT_TRUE(other->put("v/x", "not watched", Revision{}));
    ASSERT_TRUE(other->put("w/b", "3", Revision{}));
    ASSERT_TRUE(other->remove("w/a", two));
    EXPECT_THAT(take(*watch, 3), ElementsAre("+w/a=2", "+w/b=3", "-w/a"));
    EXPECT_THAT(watch->next(0s).value().events, IsEmpty());
}

TEST_P(RegistryContract, AWatchWakesItsOwner) {
    std::atomic<int> woken = 0;
    const auto watch =
        registry().watch("w/", registry().state().value().revision, [&] { ++woken; }).value();
    ASSERT_TRUE(testbed().connect()->put("w/a", "1", Revision{}));
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (woken == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_GT(woken, 0);
    EXPECT_THAT(take(*watch, 1), ElementsAre("+w/a=1"));
}

TEST_P(RegistryContract, AWatchWakesItsOwnerForWhatHappenedBeforeItBegan) {
    const auto before = registry().state().value().revision;
    ASSERT_TRUE(registry().put("w/a", "1", Revision{}));
    std::atomic<int> woken = 0;
    const auto watch = registry().watch("w/", before, [&] { ++woken; }).value();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (woken == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_GT(woken, 0);
}

TEST_P(RegistryContract, AWatchLosesNothingWhileManyWrite) {
    constexpr int kWriters = 4;
    constexpr int kWritesEach = 50;
    const auto watch = registry().watch("w/", registry().state().value().revision, {}).value();
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriters; ++writer)
        writers.emplace_back([&, client = testbed().connect(), writer] {
            const std::string key = "w/" + std::to_string(writer);
            Revision last;
            for (int i = 0; i < kWritesEach; ++i) {
                const auto written = client->put(key, std::to_string(i), last);
                ASSERT_TRUE(written) << written.error().to_string();
                last = written.value();
            }
        });
    const auto seen = take(*watch, kWriters * kWritesEach);
    for (std::thread& writer : writers)
        writer.join();
    ASSERT_EQ(seen.size(), kWriters * kWritesEach);
    std::array<int, kWriters> next{};
    for (const std::string& text : seen) {
        const auto writer = static_cast<std::size_t>(text[3] - '0');
        EXPECT_EQ(text.substr(5), std::to_string(next[writer]++));
    }
}

TEST_P(RegistryContract, ARaceForOneRecordHasOneWinner) {
    constexpr int kRacers = 8;
    for (int round = 0; round < 10; ++round) {
        std::atomic<int> won = 0;
        std::atomic<int> lost = 0;
        std::vector<std::thread> racers;
        for (int racer = 0; racer < kRacers; ++racer)
            racers.emplace_back([&, client = testbed().connect(), racer] {
                const auto put =
                    client->put("r/" + std::to_string(round), std::to_string(racer), Revision{});
                if (put) ++won;
                if (!put && put.error().code() == ErrorCode::conflict) ++lost;
            });
        for (std::thread& racer : racers)
            racer.join();
        EXPECT_EQ(won, 1);
        EXPECT_EQ(lost, kRacers - 1);
    }
}

TEST_P(RegistryContract, AWatchBehindACompactionHasAGapAndAMirrorClosesIt) {
    const auto gone = registry().put("w/gone", "1", Revision{}).value();
    const auto kept = registry().put("w/kept", "1", Revision{}).value();
    Mirror mirror{registry(), "w/"};
    EXPECT_THAT(texts(mirror.poll(0s).value()), ElementsAre("+w/gone=1", "+w/kept=1"));

    ASSERT_TRUE(registry().remove("w/gone", gone));
    ASSERT_TRUE(registry().put("w/kept", "2", kept));
    ASSERT_TRUE(registry().put("w/new", "1", Revision{}));
    const Revision before_all{1};
    testbed().compact();
    const auto late = registry().watch("w/", before_all, {}).value();
    bool gap = false;
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!gap && std::chrono::steady_clock::now() < deadline)
        if (const auto batch = late->next(1s)) gap = batch.value().gap;
    EXPECT_TRUE(gap);

    std::vector<Event> changes;
    while (mirror.records().size() != 2 || mirror.records().at("w/kept").value != "2") {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        if (const auto more = mirror.poll(1s)) {
            EXPECT_TRUE(mirror.is_filled());
            changes.insert(changes.end(), more.value().begin(), more.value().end());
        }
    }
    EXPECT_THAT(texts(changes), testing::UnorderedElementsAre("-w/gone", "+w/kept=2", "+w/new=1"));
}

}  // namespace
}  // namespace flatlan::registry
