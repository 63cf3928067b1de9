#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

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

}  // namespace flatlan::registry
