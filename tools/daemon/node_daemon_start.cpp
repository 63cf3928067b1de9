#include <spdlog/spdlog.h>

#include "overlay/lab/log_warning.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/linux/iptables/packet_log.hpp"
#include "overlay/registry/may_pass.hpp"
#include "tools/daemon/known_paths.hpp"
#include "tools/daemon/node_daemon.hpp"
#include "tools/daemon/plugin_file.hpp"
#include "tools/trace/carrier.hpp"

// How a node's daemon comes to be at work.
namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

/// How long the registry, or a damaged database, is let be before it is looked at again.
constexpr std::chrono::milliseconds kRetry = 500ms;

}  // namespace

NodeDaemon::NodeDaemon(Settings settings, StateFiles files, NodeName name, Namespace network,
                       Waiter& waiter, ServiceManager& manager)
    : settings_{std::move(settings)},
      files_{std::move(files)},
      name_{std::move(name)},
      network_{std::move(network)},
      waiter_{waiter},
      manager_{manager},
      service_{{.node = name_,
                .cluster = settings_.cluster,
                .registry = registry_text(settings_, files_),
                .backend = std::string{to_string(settings_.backend)},
                .database = files_.leases()}} {
    settings_.node_name = name_;  // whatever the host is called later
}

Result<std::unique_ptr<NodeDaemon>> NodeDaemon::start(Settings settings,
                                                      const std::optional<Underlay>& before,
                                                      Waiter& waiter, ServiceManager& manager) {
    FLATLAN_TRY(name, node_name(settings));
    FLATLAN_TRY(network, Namespace::current_network());
    StateFiles files{settings.state_folder};
    std::unique_ptr<NodeDaemon> daemon{new NodeDaemon{std::move(settings), std::move(files),
                                                      std::move(name), std::move(network), waiter,
                                                      manager}};
    FLATLAN_TRY_VOID(daemon->open(before));
    FLATLAN_TRY_VOID(daemon->put_together());
    return daemon;
}

/// What must be there before anything is asked of the registry, and what the cluster is.
Result<void> NodeDaemon::open(const std::optional<Underlay>& before) {
    FLATLAN_TRY(boot, read_boot_id());
    boot_ = boot;
    FLATLAN_TRY(lock, files_.take());
    lock_ = std::move(lock);
    FLATLAN_TRY_VOID(files_.check_owner(name_, settings_.cluster));
    FLATLAN_TRY_VOID(open_sockets(!before));
    FLATLAN_TRY(known, known_cluster());
    FLATLAN_TRY(registry, open_registry(settings_, files_, boot_));
    registry_ = std::move(registry);
    service_.set_registry(*registry_);

    FLATLAN_TRY_VOID(
        take_underlay(known ? known->tunnel.cluster_prefixes : settings_.pod_cidrs, before));

    // Before the registry is told of them: they would be every node's.
    FLATLAN_TRY_VOID(check_apart(underlay_->address, settings_.pod_cidrs));
    FLATLAN_TRY(common, agree(known));
    common_ = std::move(common);
    if (auto wide = check_mtu(*underlay_, *common_); !wide) {
        if (!known) return wide;
        // A member whose interface has got narrow has pods: it works on, and routes follow.
        spdlog::warn("{}", wide.error().to_string());
    }
    FLATLAN_TRY_VOID(node::check_rules(
        {.offline_max = common_->offline_max, .reclaim_after = common_->reclaim_after}));
    FLATLAN_TRY_VOID(check_apart(underlay_->address, common_->tunnel.cluster_prefixes));
    return files_.save_cluster(*common_);
}

Result<void> NodeDaemon::open_sockets(bool is_first) {
    FLATLAN_TRY(server,
                SocketServer::start(settings_.socket, "--socket", [this](const auto& request) {
                    return service_.answer(request);
                }));
    server_ = std::move(server);
    if (!settings_.metrics) return success();
    auto metrics_server = serve_metrics(*settings_.metrics, metrics_);
    if (metrics_server)
        metrics_server_ = std::move(metrics_server).value();
    else if (is_first)
        return std::move(metrics_server).error();
    else  // at an address that the machine has lost; pods are more important
        spdlog::warn("nobody can read metrics: {}", metrics_server.error().to_string());
    return success();
}

/// What the node remembers of its cluster. A file that cannot be read any more is written anew when
/// the registry has said what was in it.
Result<std::optional<control::ClusterRecord>> NodeDaemon::known_cluster() const {
    auto known = files_.load_cluster();
    if (known || known.error().code() == ErrorCode::unsupported) return known;
    spdlog::warn("asks the registry what the cluster is: {}", known.error().to_string());
    return std::optional<control::ClusterRecord>{};
}

/// Whether a cluster that this node would make could have it: nobody but a person with the
/// registry's own tools takes a cluster back.
Result<void> NodeDaemon::check_first(const control::ClusterRecord& first) const {
    FLATLAN_TRY_VOID(check_mtu(*underlay_, first));
    auto mtu = tunnel::overlay_mtu(settings_.backend, first.tunnel.underlay_mtu,
                                   underlay_->address.family(), first.pools.has(IpFamily::ipv6));
    return mtu ? success() : Result<void>{std::move(mtu).error().at("--underlay-mtu")};
}

/// Asks until the registry answers, unless the node has been a member before.
Result<control::ClusterRecord> NodeDaemon::agree(
    const std::optional<control::ClusterRecord>& known) {
    const control::RecordKeys keys{settings_.cluster};
    const control::ClusterRecord preset = known.value_or(preset_cluster(*underlay_));
    for (;;) {
        auto agreed = node::agree_on_cluster(
            *registry_, keys, settings_.wish, preset,
            [&](const control::ClusterRecord& first) { return check_first(first); });
        if (agreed || !registry::may_pass(agreed.error())) return agreed;
        if (known) {
            spdlog::warn("goes on without the registry: {}", agreed.error().to_string());
            FLATLAN_TRY_VOID(node::check_wish(settings_.wish, *known));
            return *known;
        }
        FLATLAN_TRY_VOID(wait_for("the registry: " + agreed.error().to_string()));
    }
}

Result<void> NodeDaemon::wait_for(const std::string& what) {
    if (std::exchange(trouble_, what) != what) spdlog::warn("waits for {}", what);
    manager_.tell_alive();  // it may have been at work before
    manager_.tell_status("waits for " + what);
    service_.set_trouble("waits for " + what);
    if (waiter_.wait(kRetry).stop)
        return Error{ErrorCode::interrupted, "ended while it waited for " + what};
    return success();
}

/// Whether there is nothing to lose: this node never had leases, or the registry knows no block of
/// it.
bool NodeDaemon::may_make_leases() const {
    std::error_code unknown;
    if (!std::filesystem::exists(files_.memory(), unknown) &&
        !std::filesystem::exists(files_.owner(), unknown))
        return true;
    if (ipam::SqliteLeaseStore::is_there(files_.leases())) return false;
    const auto claims = service_.claims();
    return claims && !claims.value().incarnation;
}

/// A damaged database is for a person to rebuild, who asks the daemon what the registry knows.
Result<std::unique_ptr<ipam::SqliteLeaseStore>> NodeDaemon::await_leases() {
    for (;;) {
        std::vector<std::string> notes;
        auto leases = open_leases(files_, boot_, *common_, machine_, may_make_leases(), notes);
        for (const std::string& note : notes)
            spdlog::info("{}", note);
        if (leases || leases.error().code() != ErrorCode::corrupt) return leases;
        FLATLAN_TRY_VOID(wait_for("its leases: " + leases.error().to_string()));
    }
}

Result<void> NodeDaemon::put_together() {
    FLATLAN_TRY(leases, await_leases());
    leases_ = std::move(leases);
    service_.set_leases(*leases_);
    FLATLAN_TRY(incarnation, leases_->incarnation());
    FLATLAN_TRY(memory, node::load_memory(files_.memory()));
    saved_ = memory;
    FLATLAN_TRY(backend, open_backend(settings_.backend, network_));
    backend_ = std::move(backend);

    const bool direct = settings_.backend == tunnel::BackendKind::direct;
    const MacAddress mac = direct && underlay_->mac
                               ? *underlay_->mac
                               : tunnel::endpoint_mac(name_, common_->tunnel.vni);
    reconciler_.emplace(
        node::Reconciler::Options{.node = {name_, incarnation},
                                  .endpoint = underlay_->address,
                                  .mac = mac,
                                  .boot = boot_,
                                  .cluster = settings_.cluster,
                                  .common = *common_,
                                  .reclaim_after = common_->reclaim_after,
                                  .on_change = [this] { waiter_.wake(); },
                                  .on_tunnel = [this] { trials_->handle_change(); }},
        node::Reconciler::Parts{
            .registry = *registry_, .leases = *leases_, .backend = *backend_, .network = network_},
        std::move(memory));
    service_.set_reconciler(*reconciler_, *common_);
    if (auto free = reconciler_->check_start(); !free) {
        if (free.error().code() == ErrorCode::already_exists) return with_flag(free.error());
        if (!registry::may_pass(free.error())) return free;
        service_.set_trouble(free.error().to_string());
    }
    cache_plugin();  // before runtimes are told of it
    publisher_.emplace(Publisher::Options{.node_file = settings_.node_file,
                                          .conflist = settings_.conflist,
                                          .cni_network = settings_.cni_network},
                       *leases_);
    FLATLAN_TRY_VOID(waiter_.watch_writes(files_.leases()));
    return keep();
}

/// Who tells to which peers the tunnel is used: of the kernel's own tables, else of what the
/// backend counts. None for `direct`, whose counts are the packet filter's and dear to read.
Result<node::PathWatch::Used> NodeDaemon::peer_use() {
    switch (settings_.backend) {
        case tunnel::BackendKind::kernel: {
            FLATLAN_TRY(use, tunnel::PeerUse::open(network_));
            kernel_use_.emplace(std::move(use));
            return node::PathWatch::Used{[this] { return kernel_use_->poll(boot_time_now()); }};
        }
        case tunnel::BackendKind::user:
            return node::PathWatch::Used{[this] { return reconciler_->poll_used(); }};
        case tunnel::BackendKind::direct:
            break;
    }
    return node::PathWatch::Used{};
}

/// Starts the threads that keep the tunnel as it should be.
Result<void> NodeDaemon::keep() {
    FLATLAN_TRY(trials, node::OffloadTrials::start(
                            [this](int stop) { return reconciler_->try_offloads(stop); },
                            lab::log_warning));
    trials_ = std::move(trials);
    FLATLAN_TRY(used, peer_use());
    std::vector<tunnel::PathMtu> known;
    if (auto read = load_paths(files_.paths()))
        known = std::move(read).value();
    else
        spdlog::warn("ways are found anew: {}", read.error().to_string());
    FLATLAN_TRY_VOID(reconciler_->set_narrow_paths(known));
    FLATLAN_TRY(link, LinkMtuWatch::open_in(network_, underlay_->interface));
    FLATLAN_TRY(paths, node::PathWatch::start({.promised = common_->tunnel.underlay_mtu,
                                               .ends = [this] { return reconciler_->path_ends(); },
                                               .report =
                                                   [this](const NodeName&, auto narrow) {
                                                       return set_narrow_paths(std::move(narrow));
                                                   },
                                               .warn = lab::log_warning,
                                               .used = std::move(used),
                                               .known = std::move(known),
                                               .link = std::move(link)}));
    paths_ = std::move(paths);
    FLATLAN_TRY(keeper,
                node::TunnelKeeper::start([this](const NodeName&) { return reconciler_->repair(); },
                                          lab::log_warning));
    keeper_ = std::move(keeper);
    FLATLAN_TRY(changes, backend_->watch());
    // A trace that was killed may have left it; one of another program may still have it.
    if (const auto put_back = put_back_packet_log(network_); !put_back)
        spdlog::warn("the kernel's logger of packets: {}", put_back.error().to_string());
    else if (put_back.value())
        spdlog::info("put the kernel's logger of packets back, which a trace that ended had left");
    probes_.emplace(*registry_,
                    ProbeWatch::Options{.node = name_,
                                        .cluster = settings_.cluster,
                                        .tunnel = own_tunnel(),
                                        .own_members = [this] { return own_members(); }});
    return keeper_->watch(name_, changes);
}

trace::OwnTunnel NodeDaemon::own_tunnel() const {
    trace::OwnTunnel own{.carrier = trace::carrier_of(settings_.backend)};
    if (own.carrier == trace::Carrier::opaque)
        own.drops = [this]() -> Result<trace::Counters> {
            FLATLAN_TRY(figures, reconciler_->figures());
            return trace::tunnel_drops(figures);
        };
    return own;
}

Result<OwnMembers> NodeDaemon::own_members() const {
    FLATLAN_TRY(pool, leases_->view());
    OwnMembers own = find_own_members(name_, reconciler_->standing().self.overlay, network_, pool);
    own.cluster_prefixes = common_->tunnel.cluster_prefixes;
    return own;
}

}  // namespace flatlan::daemon
