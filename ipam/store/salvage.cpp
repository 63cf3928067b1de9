// What a rebuild still reads from a damaged database.
#include "ipam/store/lease_tables.hpp"

namespace flatlan::ipam {
namespace {

/// Calls `take` with each row until the end or the first one that SQLite cannot read.
template <typename Take>
void for_each_readable(sqlite::Database& database, const char* query, Take take) {
    auto rows = database.statement(query);
    if (!rows) return;
    while (true) {
        const auto more = rows.value()->step();
        if (!more || !more.value()) return;
        take(*rows.value());
    }
}

}  // namespace

std::vector<Lease> LeaseTables::readable_leases() {
    std::vector<Lease> leases;
    for_each_readable(database_, "SELECT key, ipv4, ipv6, boot, netns FROM leases",
                      [&](const sqlite::Statement& row) {
                          if (auto lease = lease_of(row))
                              leases.push_back(std::move(lease).value());
                      });
    return leases;
}

std::vector<std::pair<IpPrefix, bool>> LeaseTables::readable_blocks() {
    std::vector<std::pair<IpPrefix, bool>> blocks;
    for_each_readable(database_, "SELECT block, serving FROM blocks ORDER BY place",
                      [&](const sqlite::Statement& row) {
                          if (const auto block = IpPrefix::from_text(row.text(0)))
                              blocks.emplace_back(block.value(), row.integer(1) != 0);
                      });
    return blocks;
}

}  // namespace flatlan::ipam
