#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <memory>
#include <string>

#include "ipam/store/sqlite_lease_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::ipam {

/// A test with a database of leases in a folder of its own.
struct StoreTest : testing::Test {
    StoreTest() = default;
    explicit StoreTest(const std::filesystem::path& parent) : folder{parent} {}

    static LeaseKey key(std::uint64_t pod) {
        return LeaseKey::from("net", "pod" + std::to_string(pod), "eth0").value();
    }
    static std::uint64_t number(const LeaseKey& key) {
        const std::string_view digits = key.container().substr(std::string_view{"pod"}.size());
        std::uint64_t number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return number;
    }

    std::filesystem::path file() const { return folder.path() / "leases.db"; }
    SqliteLeaseStore::Options options() const { return options(file()); }
    static SqliteLeaseStore::Options options(const std::filesystem::path& file) {
        return {.file = file, .boot = BootId{}, .clock = [] { return Instant{}; }};
    }
    std::unique_ptr<SqliteLeaseStore> open() const { return open(file()); }
    static std::unique_ptr<SqliteLeaseStore> open(const std::filesystem::path& file) {
        auto opened = SqliteLeaseStore::open(options(file));
        EXPECT_TRUE(opened) << opened.error().to_string();
        return std::move(opened).value();
    }
    void serve(std::string_view block) const {
        const auto store = open();
        ASSERT_TRUE(store->hold_block(IpPrefix::from_text(block).value()));
        ASSERT_TRUE(store->serve_block(IpPrefix::from_text(block).value()));
    }

    support::TemporaryFolder folder;
};

}  // namespace flatlan::ipam
