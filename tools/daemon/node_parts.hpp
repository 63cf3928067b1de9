#pragma once

#include <filesystem>
#include <memory>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/control/records.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/node/node_memory.hpp"
#include "overlay/registry/registry.hpp"
#include "tools/daemon/settings.hpp"
#include "tools/daemon/underlay.hpp"

namespace flatlan::daemon {

/// Where the daemon keeps what must last, in the state folder.
struct StateFiles {
    std::filesystem::path folder;

    std::filesystem::path leases() const { return folder / "leases.sqlite"; }
    std::filesystem::path memory() const { return folder / "memory.json"; }
    std::filesystem::path cluster() const { return folder / "cluster"; }
    std::filesystem::path owner() const { return folder / "node"; }
    std::filesystem::path paths() const { return folder / "narrow_paths"; }
    std::filesystem::path registry() const { return folder / "registry.sqlite"; }
    std::filesystem::path lock() const { return folder / "flatland.lock"; }

    /// Makes the folder (mode 0700) and holds it for this process as long as the descriptor is
    /// open. Error already_exists while another flatland has it.
    Result<UniqueFd> take() const;
    /// Error invalid_argument when the folder is another node's: what it holds would be given up,
    /// and with it the addresses of pods that are there.
    Result<void> check_owner(const NodeName& node, const LabName& cluster) const;
    /// The folder is that node's from now on.
    Result<void> save_owner(const NodeName& node, const LabName& cluster) const;
    /// The cluster as it was agreed on last; empty when it never was.
    Result<std::optional<control::ClusterRecord>> load_cluster() const;
    Result<void> save_cluster(const control::ClusterRecord& cluster) const;
};

/// The node's name: as set, or the host's up to its first dot. Error invalid_argument for a host
/// name that is no node's.
Result<NodeName> node_name(const Settings& settings);

/// The registry for people: "etcd http://10.0.0.1:2379" or "database FILE".
std::string registry_text(const Settings& settings, const StateFiles& files);

/// Connects when it is first asked.
Result<std::unique_ptr<registry::Registry>> open_registry(const Settings& settings,
                                                          const StateFiles& files,
                                                          const BootId& boot);

/// Opens the leases and makes them agree with the network namespaces that are there. `notes` is
/// told what that took; `live` outlives the leases. `makes_missing` as SqliteLeaseStore's: a node
/// that has been a member would give up the addresses of its pods.
Result<std::unique_ptr<ipam::SqliteLeaseStore>> open_leases(
    const StateFiles& files, const BootId& boot, const control::ClusterRecord& cluster,
    ipam::LiveNamespaces& live, bool makes_missing, std::vector<std::string>& notes);

/// The backend of this node. Error invalid_argument for an interface that passes less than the
/// cluster's underlay promises.
Result<std::unique_ptr<tunnel::Backend>> open_backend(tunnel::BackendKind kind,
                                                      const Namespace& network);
Result<void> check_mtu(const Underlay& underlay, const control::ClusterRecord& cluster);

/// Error invalid_argument for an underlay address that lies among the pods'.
Result<void> check_apart(const IpAddress& underlay, const std::vector<IpPrefix>& pods);
/// The refusal of what another node holds (Registration), with the flag that helps.
Error with_flag(Error error);

/// What the first node of a cluster makes of all that nobody has set.
control::ClusterRecord preset_cluster(const Underlay& underlay);

}  // namespace flatlan::daemon
