#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "ipam/audit.hpp"
#include "overlay/control/directory.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"

namespace flatlan::lab {

/// Of the node's ends of all pods' cables, and of the tunnel where that can go with them.
inline constexpr LinkGroup kPodLinks{1};

/// What to look at when a node's leases are audited: its network namespace and its pods', and the
/// leases that its pods keep.
struct SurveyScope {
    std::vector<const Namespace*> networks;
    std::set<ipam::LeaseKey> kept;
};

/// What makes a lab's node a member of its cluster: claims blocks, gives pods their networks and
/// keeps the tunnel. The supervisor does it itself (SupervisedAgent), or the programs of real nodes
/// do, in the node's own namespaces (ProcessAgent).
///
/// Changed by one thread at a time; `show`, `hold_daemon_run`, `survey` and `overlay` are for any
/// thread meanwhile.
/// The network namespace in which it works is its owner's.
class NodeAgent {
public:
    virtual ~NodeAgent() = default;

    /// Makes the node a member; programs that need a while for it are only started.
    virtual Result<void> join(Instant now) = 0;
    /// Returns once pods can be added. Error: why they never will.
    virtual Result<void> await_joined() { return success(); }

    /// Names the pods' networks and gives addresses that can be given beforehand, all or none.
    /// Blocks may be claimed for them: not for two nodes at once.
    virtual Result<std::vector<pod::SandboxSpec>> allocate(Instant now,
                                                           std::span<const PodName> pods) = 0;
    /// Makes the networks, all or none, in the order of `specs`, into which it writes the addresses
    /// that it was not given.
    virtual Result<std::vector<pod::Sandbox>> create(std::span<pod::SandboxSpec> specs) = 0;
    /// Takes cables and addresses away, of those that were made and of those that were only named.
    virtual Result<void> remove(Instant now, std::span<const pod::SandboxSpec> specs) = 0;

    /// What the supervisor must tell the other nodes; empty where nodes tell each other.
    virtual std::optional<tunnel::TunnelNode> record() const = 0;
    /// Makes the tunnel what the directory says it must be.
    virtual Result<void> reconcile(const control::Directory& directory) = 0;
    /// Puts the tunnel right, and what the namespace needs for it, if somebody changed them; counts
    /// it as a repair. Cheap when nobody did.
    virtual Result<void> repair(const control::Directory& directory) = 0;
    /// Tries the tunnel's offloads with packets to another node, whose tunnel must be there
    /// (tunnel::OffloadTrial).
    virtual Result<void> try_offloads(const control::Directory& directory) {
        static_cast<void>(directory);
        return success();
    }
    /// From now on packets to these nodes are told the way's MTU, and to others the tunnel's.
    virtual Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths,
                                          const control::Directory& directory) = 0;
    /// Begins to listen to who changes something (Backend::watch); the descriptor is readable when
    /// somebody may have. -1: others watch.
    virtual Result<int> watch() = 0;
    /// Ends that: the node is to go with many others (Backend::unwatch).
    virtual void unwatch() {}

    /// The node stops without a word to anybody, and keeps what a machine has on its disk.
    virtual Result<void> power_off() = 0;
    /// The node is there again, in another network namespace.
    virtual Result<void> power_on(const Namespace& network) = 0;
    /// Starts what has ended of a node that is on.
    virtual Result<void> revive() { return success(); }
    /// Whether it hears of other nodes now.
    virtual bool is_up() const { return true; }
    /// Gives the node's blocks back to the cluster; all its pods must be gone.
    virtual Result<void> leave(Instant now) = 0;
    /// Has the cluster take back what another node had claimed, which has left and could not give
    /// it back itself.
    virtual Result<void> take_back_from(const NodeName& gone) {
        static_cast<void>(gone);
        return success();
    }

    /// The node's own addresses of the flat network; none before it has joined.
    virtual Result<IpAddresses> overlay() const = 0;
    /// Writes what it knows into the status of a node, of which the owner fills in the rest. The
    /// tunnel is told peer by peer where `peers` says who they are.
    virtual void show(NodeStatus& status, const control::Directory* peers) const = 0;
    /// The node's /run, where a daemon that goes on can be asked for what it alone knows
    /// (`ask_daemon`), held so that the node may go meanwhile. Empty where there is none.
    virtual UniqueFd hold_daemon_run() const { return {}; }
    /// Descriptors of the node's own namespaces besides the network's; -1 where it has none.
    struct Places {
        int mounts = -1;
        int uts = -1;
    };
    virtual Places places() const { return {}; }

    /// The leases, and the addresses that these namespaces really have.
    virtual Result<ipam::NodeSurvey> survey(Instant now, const SurveyScope& scope) const = 0;
    /// Ends those of the leases that still are as they are here and still used by nobody.
    virtual Result<std::vector<ipam::Lease>> release_unused(
        Instant now, const SurveyScope& scope, std::span<const ipam::Lease> leases) = 0;
};

}  // namespace flatlan::lab
