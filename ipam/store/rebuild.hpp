#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "ipam/store/sqlite_lease_store.hpp"

namespace flatlan::ipam {

/// From what a lost or damaged database of leases is made anew, besides what of it can still be
/// read and the live namespaces (`Options::live`).
struct RebuildSources {
    /// The node's confirmed blocks, as the registry has them; empty: those that can still be read.
    std::vector<IpPrefix> blocks{};
    /// Under which they were claimed; empty: the one that can still be read, or a new one.
    std::optional<Incarnation> incarnation{};
    /// Addresses of the node itself: those that its own namespace has.
    std::vector<LiveAddress> own{};
    /// Names the lease of the node's own addresses.
    std::optional<NodeName> node{};
};

/// What became of everything that was found.
struct RebuildReport {
    std::filesystem::path kept_aside{};  ///< the database as it was; empty: there was none
    std::vector<IpPrefix> blocks{};
    std::vector<Lease> kept{};      ///< read from the database, and taken over
    std::vector<Lease> adopted{};   ///< made from live namespaces
    std::vector<Lease> released{};  ///< of an earlier boot, and in no namespace any more
    std::vector<Lease> outside{};   ///< read, but in none of the blocks: not taken over
};

/// Makes the database of `options` anew. The old one is kept beside it (FILE.damaged-N) and never
/// removed. Processes that have it open go on with the new one. Interrupted at any moment it leaves
/// the old database, the new one, or one that nobody can open until the rebuild is made again.
///
/// Errors: unsupported for a database of a newer version, invalid_argument when no block is known,
/// or what the disk or the look at the namespaces says; then nothing has changed.
Result<RebuildReport> rebuild(const SqliteLeaseStore::Options& options,
                              const RebuildSources& sources);

}  // namespace flatlan::ipam
