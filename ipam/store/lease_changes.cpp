// The newest changes, by their numbers: what processes learn from each other.
#include <string>

#include "ipam/store/lease_tables.hpp"

namespace flatlan::ipam {
namespace {

constexpr const char* kGeneration = "SELECT max(generation) FROM changes";
constexpr const char* kChangesAfter =
    "SELECT key, ipv4, ipv6, boot, netns, what, at, generation FROM changes "
    "WHERE generation > ? ORDER BY generation";
constexpr const char* kChange = "SELECT what, key, ipv4, ipv6 FROM changes WHERE generation = ?";
constexpr const char* kInsertReload = "INSERT INTO changes (what) VALUES ('reload')";
constexpr const char* kForgetChanges = "DELETE FROM changes WHERE generation <= ?";

std::string text_of_family(const IpAddresses& addresses, IpFamily family) {
    const auto address = addresses.find(family);
    return address ? to_string(*address) : "";
}

}  // namespace

Result<std::int64_t> LeaseTables::generation() {
    FLATLAN_TRY(newest, database_.statement(kGeneration));
    FLATLAN_TRY(row, newest->step());
    FLATLAN_CHECK(row);
    const std::int64_t generation = newest->integer(0);
    newest->reset();
    return generation;
}

Result<bool> LeaseTables::has_change(const LeaseRequest& request, const LeaseAnswer& answer) {
    FLATLAN_TRY(change, database_.statement(kChange));
    FLATLAN_TRY(row, change->bind(answer.change).step());
    if (!row) return false;
    const bool allocates = request.verb == LeaseRequest::Verb::allocate;
    const bool same = change->text(0) == (allocates ? kLeasedMark : kReleasedMark) &&
                      change->text(1) == request.key.text() &&
                      change->text(2) == text_of_family(answer.addresses, IpFamily::ipv4) &&
                      change->text(3) == text_of_family(answer.addresses, IpFamily::ipv6);
    change->reset();
    return same;
}

Result<bool> LeaseTables::catch_up(NodePool& pool, std::int64_t known) {
    FLATLAN_TRY(row, database_.statement(kChangesAfter));
    row->bind(known);
    while (true) {
        FLATLAN_TRY(more, row->step());
        if (!more) return true;
        if (row->integer(7) != ++known || row->text(5) == "reload") {
            row->reset();
            return false;
        }
        FLATLAN_TRY(lease, lease_of(*row));
        if (row->text(5) == kReleasedMark) {
            pool.release(Instant::from_nanoseconds(row->integer(6)), lease.key);
        } else if (auto restored = pool.restore(lease); !restored) {
            return damaged(restored.error().text());
        }
    }
}

Result<void> LeaseTables::note_reload() {
    FLATLAN_TRY(change, database_.statement(kInsertReload));
    FLATLAN_TRY_VOID(change->run());
    return forget_old_changes();
}

Result<void> LeaseTables::forget_old_changes() {
    FLATLAN_TRY(newest, generation());
    if (newest % kChangesMin != 0) return success();
    FLATLAN_TRY(forget, database_.statement(kForgetChanges));
    return forget->bind(newest - kChangesMin).run();
}

}  // namespace flatlan::ipam
