#pragma once

#include <memory>
#include <optional>

#include "overlay/lab/agents/node_machine.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/lab/lazy_identity.hpp"

namespace flatlan::lab {

/// The node of a lab on which etcd runs, the registry of the daemons on all others: one member,
/// with its data in /var/lib/etcd.
class EtcdNode {
public:
    /// `network` is its namespace, attached to the underlay as `port`. Etcd is started.
    static Result<std::unique_ptr<EtcdNode>> start(const PlannedNode& plan, std::size_t port,
                                                   Namespace network,
                                                   const std::filesystem::path& program);

    /// As LabNode's: the data stay.
    Result<void> stop();
    Result<void> start_again(std::size_t port, Namespace network);
    /// Starts etcd if it has ended.
    Result<void> revive();
    bool is_stopped() const;

    std::size_t port() const { return port_; }
    const PlannedNode& plan() const { return plan_; }
    RegistryStatus status() const;
    Result<SandboxDescriptors> descriptors();

private:
    EtcdNode(const PlannedNode& plan, std::size_t port, Namespace network,
             std::filesystem::path program)
        : plan_{plan},
          port_{port},
          program_{std::move(program)},
          network_{std::move(network)},
          identity_{plan.name.text()} {}
    Result<void> run();

    PlannedNode plan_;
    std::size_t port_;
    std::filesystem::path program_;
    mutable std::mutex mutex_;          ///< of what follows where others read it
    std::optional<Namespace> network_;  ///< empty while the node is stopped
    std::unique_ptr<NodeMachine> machine_;
    LazyIdentity identity_;
};

}  // namespace flatlan::lab
