#pragma once

#include <memory>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/node/published/node_file.hpp"
#include "tools/cni/configuration.hpp"

namespace flatlan::cni {

/// This node, as one call of the plugin finds it.
struct NodeState {
    node::NodeFile file;
    BootId boot;
    Instant now;  ///< CLOCK_BOOTTIME

    /// Errors: try_again_later when there is no node.json yet, node_file_damaged, node_file_newer.
    static Outcome<NodeState> read(const Configuration& configuration);

    /// Whether pods may be added. Error try_again_later when the registry has not confirmed the
    /// node's blocks for longer than it may be away.
    Outcome<void> check_confirmed() const;
    /// What the cluster keeps back from those that do not ask for it.
    ipam::PoolRules rules() const { return {.excluded = file.excluded, .reserved = file.reserved}; }
    std::filesystem::path lease_file(const Configuration& configuration) const {
        return configuration.lease_file.value_or(file.lease_file);
    }
};

using Leases = std::unique_ptr<ipam::SqliteLeaseStore>;

/// Opens the database of leases. Errors: try_again_later when it is not there or stays locked,
/// leases_damaged, leases_newer, io_failure when the disk is full, machine.
Outcome<Leases> open_leases(const std::filesystem::path& file, const BootId& boot,
                            ipam::PoolRules rules = {});

/// What an error of the database means to the runtime.
Failure lease_failure(const Error& error);

}  // namespace flatlan::cni
