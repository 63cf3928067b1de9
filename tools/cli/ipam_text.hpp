#pragma once

#include <string>
#include <vector>

#include "tools/cli/console.hpp"
#include "tools/cli/ipam_place.hpp"
#include "tools/daemon/api/node_status.hpp"

/// What `flatlan ipam` says, for people and as JSON (one line, without a line feed).
namespace flatlan::cli {

/// What a collection of leaks came to.
struct Collection {
    bool dry_run = false;
    std::vector<lab::IpamReport::HeldLease> leaks{};     ///< found by two looks
    std::vector<lab::IpamReport::HeldLease> released{};  ///< found again by a third, and ended
};

/// Each block with its owner and how full it is, as a bar.
std::string blocks_text(const lab::IpamReport& report, const Terminal& terminal);
/// What is wrong and how to mend it; one line when nothing is.
std::string findings_text(const lab::IpamReport& report, const Terminal& terminal);
std::string collection_text(const Collection& collection);
std::string rebuild_text(const std::string& database, const ipam::RebuildReport& report);
/// What was confirmed, of a node's status before it.
std::string confirmed_text(const daemon::NodeStatus& before);

/// schema/ipam-check.json
std::string check_json(const lab::IpamReport& report);
/// schema/ipam-gc.json
std::string collection_json(const Collection& collection);
/// schema/ipam-rebuild.json
std::string rebuild_json(const std::string& database, const ipam::RebuildReport& report);
/// schema/ipam-rebuild-confirm.json
std::string confirmed_json(const daemon::NodeStatus& before);

}  // namespace flatlan::cli
