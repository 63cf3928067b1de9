#pragma once

#include "tools/cli/ipam_place.hpp"

/// `flatlan ipam` on a database of leases of this machine, without a daemon.
namespace flatlan::cli {

/// Of the place's database. Error not_found when there is no such file; the store's own otherwise.
Result<lab::IpamReport> report_of_database(const IpamPlace& place, bool with_namespaces);
Result<std::vector<lab::IpamReport::HeldLease>> release_unused_in_database(
    const std::string& file, const std::vector<lab::IpamReport::HeldLease>& leases);
/// Those of the leases that are leaks in this look too, and the same as they were, end.
Result<std::vector<lab::IpamReport::HeldLease>> release_leaks(
    ipam::SqliteLeaseStore& store, const ipam::NodeSurvey& last_look,
    const std::vector<lab::IpamReport::HeldLease>& leases);
/// Error conflict for a database that is not damaged, unless forced; otherwise those of
/// ipam::rebuild.
Result<ipam::RebuildReport> rebuild_database(const RebuildRequest& request);

}  // namespace flatlan::cli
