#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/lab/api_message.hpp"
#include "overlay/node/reconciler.hpp"
#include "tools/daemon/api/cluster_answer.hpp"
#include "tools/daemon/api/daemon_client.hpp"
#include "tools/daemon/probes/cluster_trace.hpp"

namespace flatlan::daemon {

/// Answers what is asked on the daemon's socket (api/daemon_client.hpp), from the first moment on:
/// what the daemon still waits for it says. `answer` is for any thread; the rest is the daemon's to
/// call as it gets further.
class NodeService {
public:
    /// What is known before anything is opened.
    struct About {
        NodeName node;
        LabName cluster;
        std::string registry;  ///< as NodeStatus
        std::string backend;
        std::string database;
    };
    explicit NodeService(About about) : about_{std::move(about)} {}

    /// What is there by now.
    struct Parts {
        registry::Registry* registry = nullptr;
        ipam::SqliteLeaseStore* leases = nullptr;
        const node::Reconciler* reconciler = nullptr;
        std::optional<control::ClusterRecord> common{};
        std::string underlay{};
        std::string interface {};
        std::string trouble{};
        bool published = false;
        bool underlay_lost = false;
    };
    Parts parts() const;
    const About& about() const { return about_; }

    lab::ApiResponse answer(const lab::ApiRequest& request);
    /// What the registry knows of this node's blocks. Error unavailable before it is open.
    Result<NodeClaims> claims() const;

    // Each outlives the last answer.
    void set_registry(registry::Registry& registry);
    void set_underlay(const IpAddress& address, const InterfaceName& interface);
    void set_leases(ipam::SqliteLeaseStore& leases);
    void set_reconciler(const node::Reconciler& reconciler, const control::ClusterRecord& common);
    /// What is asked of the whole cluster ends; for ever.
    void end_probes() { ended_ = true; }
    /// What the daemon waits for, or what is wrong; empty: nothing.
    void set_trouble(std::string trouble);
    /// Whether flatlan-cni and container runtimes find what they need to add pods.
    void set_published(bool published);
    /// Whether this machine has lost the address at which the others reach it.
    void set_underlay_lost(bool lost);

private:
    Result<std::string> route(const lab::ApiRequest& request);
    NodeStatus status() const;
    Result<lab::IpamReport> ipam() const;
    Result<std::vector<lab::IpamReport::HeldLease>> release(const std::string& body) const;
    Result<ClusterAnswer> probe_cluster(const std::string& roster) const;
    Result<trace::TraceAnswer> trace(const std::string& wish) const;
    /// What is asked of the whole cluster is asked by `ask`, of the nodes of that state. Error
    /// conflict when enough is asked for here already.
    template <typename Ask>
    auto ask_cluster(Ask ask) const
        -> decltype(ask(std::declval<ClusterAsker>(), std::declval<node::NodeState>()));
    Result<NodeRemoved> remove(std::string_view name, node::Removal removal) const;
    /// The part of that kind, once it is there. Error unavailable, with what is waited for.
    template <typename Part>
    Result<Part*> opened(Part* part) const;

    About about_;
    control::RecordKeys keys_{about_.cluster};
    std::atomic<bool> ended_ = false;
    mutable std::atomic<int> asking_ = 0;  ///< for tests of the cluster
    mutable std::mutex mutex_;
    Parts parts_;
};

template <typename Part>
Result<Part*> NodeService::opened(Part* part) const {
    if (part != nullptr) return part;
    const std::string trouble = parts().trouble;
    return Error{ErrorCode::unavailable,
                 "flatland is not that far yet" + (trouble.empty() ? "" : ": " + trouble)};
}

}  // namespace flatlan::daemon
