#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "overlay/sqlite/ticket_lock.hpp"
#include "tests/property/ipam_store/store_test.hpp"
#include "tests/support/child.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::ipam {

/// What a process was told by the time it ended.
struct Told {
    std::atomic<bool> is_ready = false;  ///< it has its store
    std::atomic<bool> may_begin = false;
    pid_t process = 0;
    bool succeeded = false;
    bool has_database = false;  ///< it has the file open
    std::uint32_t address = 0;  ///< 0: none
    std::array<char, 256> error{};
};

/// Processes that wait one behind the other for the turn with one database, which the test has
/// until it lets them go. Each has a store of its own, which opens the database when it has to:
/// what it locks goes with it.
class Crowd {
public:
    static constexpr std::size_t kMembersMax = 8;
    using Change = std::function<void(SqliteLeaseStore& store, Told& told)>;

    explicit Crowd(const std::filesystem::path& file)
        : queue_{sqlite::TicketLock::open(file.string() + ".lock").value()} {}

    /// Starts a process; before anybody comes.
    void add(SqliteLeaseStore::Options options, const Change& change) {
        Told& told = (*told_)[children_.size()];
        options.opens_when_needed = true;
        children_.push_back(support::Child::start([&] {
            auto store = SqliteLeaseStore::open(options);
            ASSERT_TRUE(store) << store.error().to_string();
            told.process = ::getpid();
            told.is_ready = true;
            ASSERT_TRUE(support::eventually([&] { return told.may_begin.load(); }, kPatience));
            change(*store.value(), told);
            told.has_database = has_open(options.file);
        }));
        ASSERT_TRUE(support::eventually([&] { return told.is_ready.load(); }, kPatience));
    }
    /// Takes the turn and lets those up to `members` come, one after the other; each has posted
    /// what it wants, if it does so.
    void come(std::size_t members) {
        if (!turn_) turn_.emplace(queue_.lock().value());
        turn_ticket_ = turn_->ticket();
        for (; come_ < members; ++come_) {
            (*told_)[come_].may_begin = true;
            ASSERT_TRUE(support::eventually(
                [&] { return queue_.next_ticket().value() == ticket_of(come_) + 1; }, kPatience))
                << "the process does not wait";
        }
    }
    void let_go() { turn_.reset(); }
    void wait_for_all() {
        for (support::Child& child : children_)
            EXPECT_EQ(child.wait(), 0);
    }
    /// All come, and are let go.
    void run() {
        come(children_.size());
        let_go();
        wait_for_all();
    }

    std::int64_t ticket_of(std::size_t member) const {
        return turn_ticket_ + 1 + static_cast<std::int64_t>(member);
    }
    support::Child& child(std::size_t member) { return children_[member]; }
    const Told& told(std::size_t member) { return (*told_)[member]; }

private:
    static constexpr std::chrono::seconds kPatience{60};

    static bool has_open(const std::filesystem::path& file) {
        for (const auto& descriptor : std::filesystem::directory_iterator{"/proc/self/fd"}) {
            std::error_code gone;  // the one by which they are read
            if (std::filesystem::read_symlink(descriptor.path(), gone) == file) return true;
        }
        return false;
    }

    sqlite::TicketLock queue_;
    std::optional<sqlite::TicketLock::Hold> turn_;
    std::int64_t turn_ticket_ = 0;
    std::size_t come_ = 0;
    support::Shared<std::array<Told, kMembersMax>> told_;
    std::vector<support::Child> children_;
};

/// A test of such a crowd.
struct CrowdTest : StoreTest {
    using StoreTest::StoreTest;

    static Crowd::Change allocates(std::uint64_t pod, AddressRequest request = {.ipv4 = true}) {
        return [pod, request](SqliteLeaseStore& store, Told& told) {
            const auto given = store.allocate(key(pod), request);
            told.succeeded = given.has_value();
            if (given) told.address = given.value().ipv4->value();
            if (!given) given.error().to_string().copy(told.error.data(), told.error.size() - 1);
        };
    }
    static Crowd::Change releases(std::uint64_t pod) {
        return [pod](SqliteLeaseStore& store, Told& told) {
            const auto freed = store.release(key(pod));
            told.succeeded = freed.has_value();
            if (freed && freed.value()) told.address = freed.value()->ipv4->value();
            if (!freed) freed.error().to_string().copy(told.error.data(), told.error.size() - 1);
        };
    }
    std::optional<Lease> lease_of(std::uint64_t pod) { return open()->find(key(pod)).value(); }
    std::uint32_t address_of(std::uint64_t pod) {
        const auto lease = lease_of(pod);
        return lease ? lease->addresses.ipv4->value() : 0;
    }
};

}  // namespace flatlan::ipam
