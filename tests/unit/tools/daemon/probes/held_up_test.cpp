#include "tools/daemon/probes/held_up.hpp"

#include <gtest/gtest.h>

#include "overlay/probe/io/epoll.hpp"
#include "overlay/registry/memory_registry.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

const NodeName kN1 = NodeName::from("n1").value();
const NodeName kN2 = NodeName::from("n2").value();
const NodeName kN3 = NodeName::from("n3").value();

/// What one machine's daemon has of a run.
struct Machine {
    Machine(registry::Registry& registry, const probe::RunKeys& keys, const NodeName& of)
        : node{of},
          records{registry, keys.for_all(), [] { return false; }},
          held_up{records, keys, node} {}

    void tend() {
        EXPECT_TRUE(records.poll(1ms));
        const auto tended = held_up.tend();
        EXPECT_TRUE(tended) << tended.error().to_string();
    }

    NodeName node;
    RunRecords records;
    HeldUp held_up;
};

class HeldUpTest : public testing::Test {
protected:
    std::future<Duration> ask(Machine& asker, const NodeName& other) {
        return std::async(std::launch::async, [&asker, other] {
            return asker.held_up.ask(other, probe::monotonic_now());
        });
    }

    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
    const probe::RunKeys keys{LabName::from("cluster").value(), "1"};
    Machine first{registry, keys, kN1};
    Machine second{registry, keys, kN2};
};

TEST_F(HeldUpTest, MachinesTellEachOther) {
    ASSERT_TRUE(first.held_up.offer());
    ASSERT_TRUE(second.held_up.offer());
    first.tend();
    second.tend();
    auto there = ask(first, kN2);
    auto back = ask(second, kN1);
    auto again = ask(first, kN2);
    const auto is_told = [](auto& answer) {
        return answer.wait_for(0s) == std::future_status::ready;
    };
    while (!is_told(there) || !is_told(back) || !is_told(again)) {
        first.tend();
        second.tend();
    }
    // However busy this machine is, they have answered, and not been taken for silent.
    for (auto* const answer : {&there, &back, &again})
        EXPECT_LT(answer->get(), 5s);
}

TEST_F(HeldUpTest, AMachineThatDoesNotSayIsTakenToBe) {
    ASSERT_TRUE(second.records.put(keys.for_all("stalls", kN3), "told when asked"));
    first.tend();
    auto told = ask(first, kN3);
    while (told.wait_for(0s) != std::future_status::ready) {
        first.tend();
        second.tend();  // it is not asked
    }
    EXPECT_GE(told.get(), 5s);
}

TEST_F(HeldUpTest, AMachineOfAnEarlierVersionIsNotAsked) {
    auto told = ask(first, kN3);
    while (told.wait_for(0s) != std::future_status::ready)
        first.tend();
    EXPECT_LT(told.get(), 5s);
    EXPECT_FALSE(first.records.has(keys.for_all("doubts", kN1) + "/0"));
}

TEST_F(HeldUpTest, NobodyWaitsWhenItIsClosed) {
    ASSERT_TRUE(second.records.put(keys.for_all("stalls", kN3), "told when asked"));
    first.tend();
    auto told = ask(first, kN3);
    first.tend();
    first.held_up.close();
    static_cast<void>(told.get());
    static_cast<void>(first.held_up.ask(kN3, probe::monotonic_now()));
}

TEST_F(HeldUpTest, WhoWaitsIsAnsweredWhenTheRegistryRefusesAQuestion) {
    ASSERT_TRUE(second.records.put(keys.for_all("stalls", kN3), "told when asked"));
    ASSERT_TRUE(second.records.put(keys.for_all("doubts", kN1) + "/0", "somebody else's"));
    std::vector<std::future<Duration>> told;
    for (int i = 0; i < 8; ++i)
        told.push_back(ask(first, kN3));
    EXPECT_EQ(told.front().wait_for(200ms), std::future_status::timeout);  // so that all have asked
    ASSERT_TRUE(first.records.poll(1ms));
    EXPECT_FALSE(first.held_up.tend());
    first.held_up.close();
    for (auto& answer : told)
        EXPECT_NO_THROW(answer.get());
}

TEST_F(HeldUpTest, NoOtherKeysAreWrittenThanThoseOfAnswers) {
    ASSERT_TRUE(second.records.put(keys.for_all("doubts", kN2) + "/0", "/flatlan/x n1 5"));
    ASSERT_TRUE(second.records.put(keys.for_all("doubts", kN2) + "/1", "some words"));
    first.tend();
    EXPECT_FALSE(registry.get("/flatlan/x").value());
}

}  // namespace
}  // namespace flatlan::daemon
