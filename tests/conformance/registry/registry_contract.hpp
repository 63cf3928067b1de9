#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

/// A store under test: one registry, made anew for each test, and what a test must do to it from
/// outside.
class Testbed {
public:
    virtual ~Testbed() = default;

    /// A client of its own; all clients see the same registry.
    virtual std::unique_ptr<Registry> connect() = 0;
    /// Lets a span of the sessions' time pass: by a clock of the test's, or by waiting.
    virtual void let_pass(Duration span) = 0;
    /// Makes the registry forget what has changed up to now.
    virtual void compact() = 0;
    /// Cuts the clients that are there off from the registry, at least from writing to it.
    virtual void cut() = 0;
    /// Undoes it.
    virtual void heal() = 0;
};

struct Store {
    std::string name;
    std::function<std::unique_ptr<Testbed>()> make;
    friend void PrintTo(const Store& store, std::ostream* out) { *out << store.name; }
};

/// What every store must do; registry_contract_test.cpp says it, the testbeds bring the stores.
class RegistryContract : public testing::TestWithParam<Store> {
protected:
    void SetUp() override {
        testbed_ = GetParam().make();
        ASSERT_NE(testbed_, nullptr);
        registry_ = testbed_->connect();
        ASSERT_NE(registry_, nullptr);
    }

    Testbed& testbed() { return *testbed_; }
    Registry& registry() { return *registry_; }

private:
    std::unique_ptr<Testbed> testbed_;
    std::unique_ptr<Registry> registry_;
};

inline constexpr Duration kDeadline =
    std::chrono::seconds{10};  // for what must happen; what happens sooner ends the wait
inline constexpr Duration kTimeToLive = std::chrono::seconds{2};

/// Events as short texts: "+key=value" and "-key".
inline std::vector<std::string> texts(const std::vector<Event>& events) {
    std::vector<std::string> out;
    for (const Event& event : events)
        out.push_back(event.removed ? "-" + event.record.key
                                    : "+" + event.record.key + "=" + event.record.value);
    return out;
}

/// Takes batches until `count` events have come.
inline std::vector<std::string> take(Watch& watch, std::size_t count) {
    std::vector<std::string> seen;
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (seen.size() < count && std::chrono::steady_clock::now() < deadline) {
        const auto batch = watch.next(std::chrono::seconds{1});
        if (!batch) continue;
        EXPECT_FALSE(batch.value().gap);
        const auto more = texts(batch.value().events);
        seen.insert(seen.end(), more.begin(), more.end());
    }
    return seen;
}

}  // namespace flatlan::registry
