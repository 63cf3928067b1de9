#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/node/offload_trials.hpp"
#include "overlay/node/reconciler.hpp"
#include "overlay/node/tunnel_keeper.hpp"
#include "tools/daemon/metrics_service.hpp"
#include "tools/daemon/node_parts.hpp"
#include "tools/daemon/node_service.hpp"
#include "tools/daemon/probes/probe_watch.hpp"
#include "tools/daemon/publisher.hpp"
#include "tools/daemon/service_manager.hpp"
#include "tools/daemon/socket_server.hpp"
#include "tools/daemon/waiter.hpp"
#include "tunnel/kernel/peer_use.hpp"

namespace flatlan::daemon {

/// The daemon of the node whose network namespace this process is in: puts the parts together,
/// waits, and has the reconciler do its rounds. What it made in the kernel stays when it ends.
class NodeDaemon {
public:
    using Reread = std::function<Result<Settings>()>;

    /// Opens everything and finds out what the cluster is; waits for the registry where nobody else
    /// knows that. Errors: those of a person (wrong settings, a name or underlay address that
    /// another live node has), interrupted by a signal, or the machine's.
    /// `before`: of a daemon of this node that has ended since its address was gone.
    static Result<std::unique_ptr<NodeDaemon>> start(Settings settings,
                                                     const std::optional<Underlay>& before,
                                                     Waiter& waiter, ServiceManager& manager);

    enum class Ending : bool { told, underlay_moved };

    /// Runs until SIGTERM or SIGINT, or until its underlay address is gone and another one came:
    /// then the node is to be started anew. SIGHUP calls `reread` and takes over what may change.
    /// Fails only while the node has not joined yet, when another live node has its name or
    /// underlay address.
    Result<Ending> run(const Reread& reread);
    /// As they are in force, with the node's name.
    const Settings& settings() const { return settings_; }
    const Underlay& underlay() const { return *underlay_; }

private:
    NodeDaemon(Settings settings, StateFiles files, NodeName name, Namespace network,
               Waiter& waiter, ServiceManager& manager);

    Result<void> open(const std::optional<Underlay>& before);
    Result<void> open_sockets(bool is_first);
    Result<void> take_underlay(const std::vector<IpPrefix>& pods,
                               const std::optional<Underlay>& before);
    bool may_make_leases() const;
    Result<std::unique_ptr<ipam::SqliteLeaseStore>> await_leases();
    /// Says what is waited for, once, and waits. Error interrupted by a signal.
    Result<void> wait_for(const std::string& what);
    Result<std::optional<control::ClusterRecord>> known_cluster() const;
    Result<void> check_first(const control::ClusterRecord& first) const;
    Result<control::ClusterRecord> agree(const std::optional<control::ClusterRecord>& known);
    Result<void> put_together();
    Result<void> keep();
    Result<node::PathWatch::Used> peer_use();
    Result<void> set_narrow_paths(std::vector<tunnel::PathMtu> paths);
    /// Who takes part of this node in a test of the cluster.
    Result<OwnMembers> own_members() const;
    trace::OwnTunnel own_tunnel() const;
    /// One round, and how long until the next.
    Result<Duration> round();
    Result<void> judge(const std::vector<Error>& errors);
    Result<void> save_memory();
    Result<void> publish();
    Result<void> look_at_underlay();
    void end();
    void give_memory_back(std::size_t peers);
    void reload(const Reread& reread);

    Settings settings_;
    StateFiles files_;
    NodeName name_;
    Namespace network_;
    Waiter& waiter_;
    ServiceManager& manager_;
    BootId boot_;
    UniqueFd lock_;
    NodeService service_;
    DaemonCounts counts_;
    MetricsService metrics_{service_, counts_};
    MachineNamespaces machine_;
    std::unique_ptr<registry::Registry> registry_;
    std::unique_ptr<ipam::SqliteLeaseStore> leases_;
    std::unique_ptr<tunnel::Backend> backend_;
    UnderlayWish underlay_wish_;
    std::optional<Underlay> underlay_;
    std::optional<UnderlayCandidate> moved_;  ///< what has taken the place of `underlay_`
    bool unreachable_ = false;                ///< nothing has
    std::optional<control::ClusterRecord> common_;
    std::optional<node::Reconciler> reconciler_;
    std::optional<Publisher> publisher_;
    std::optional<tunnel::PeerUse> kernel_use_;    ///< with the backend `kernel`
    std::unique_ptr<node::OffloadTrials> trials_;  ///< outlives what tells it of changes
    std::unique_ptr<node::TunnelKeeper> keeper_;   ///< ends before what it repairs
    std::unique_ptr<node::PathWatch> paths_;       ///< the same
    std::optional<ProbeWatch> probes_;             ///< ends before what it looks at

    node::NodeMemory saved_;
    bool joined_ = false;
    bool ready_ = false;  ///< and the service manager knows
    std::size_t peers_heard_of_ = 0;
    std::optional<Instant> tidy_at_;  ///< unless that was done since peers came or went
    std::string trouble_;             ///< that was logged last and has not ended
    // Both end before all that they tell of.
    std::unique_ptr<SocketServer> server_;
    std::unique_ptr<SocketServer> metrics_server_;
};

}  // namespace flatlan::daemon
