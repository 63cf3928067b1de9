#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ipam/store/rebuild.hpp"
#include "overlay/lab/ipam_report.hpp"

namespace flatlan::cli {

/// Whose IPAM is meant: a running lab's, this node's by its daemon, or that of a mere database of
/// leases on this machine.
struct IpamPlace {
    std::optional<LabName> lab{};
    std::string socket{};    ///< of flatland; empty when no daemon is asked
    std::string database{};  ///< a file; empty when it is a lab's or the daemon's
    /// What the database's cluster keeps back, which it does not hold itself; empty when not known.
    std::optional<ipam::PoolRules> rules{};
};

/// What a rebuild of a database is told, besides what it finds by itself.
struct RebuildRequest {
    std::string database;
    std::vector<IpPrefix> blocks{};  ///< the node's; empty: those that the database still has
    std::optional<ipam::Incarnation> incarnation{};  ///< under which they were claimed, if known
    std::optional<NodeName> node{};  ///< names the lease of the node's own addresses
    bool forced = false;             ///< also of a database that is not damaged
};

}  // namespace flatlan::cli
