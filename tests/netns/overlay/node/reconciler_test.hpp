#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ipam/store/memory_lease_store.hpp"
#include "overlay/node/reconciler.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tests/support/emulated_node.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::node {

/// Does something else first when it is next asked for a key.
class InterruptedRegistry final : public support::ForwardingRegistry {
public:
    using ForwardingRegistry::ForwardingRegistry;

    void interrupt(std::string key, std::function<void()> what) {
        key_ = std::move(key);
        what_ = std::move(what);
    }
    Result<registry::Reading> get_with_state(std::string_view key) override {
        if (what_ && key == key_) std::exchange(what_, {})();
        return ForwardingRegistry::get_with_state(key);
    }

private:
    std::string key_;
    std::function<void()> what_;
};

/// Keeps what it was told instead of a tunnel: the blocks of all nodes, at each `apply`. Each peer
/// counts as many packets as a test says.
class RecordingBackend final : public tunnel::Backend {
public:
    tunnel::BackendKind kind() const override { return tunnel::BackendKind::kernel; }
    InterfaceName device() const override { return support::must(InterfaceName::from("recorder")); }
    Result<tunnel::TunnelChange> apply(const tunnel::TunnelWanted& wanted) override {
        if (refusal) return *refusal;
        std::vector<IpPrefix>& blocks = applied.emplace_back();
        for (const tunnel::TunnelNode& node : wanted.nodes)
            blocks.insert(blocks.end(), node.blocks.begin(), node.blocks.end());
        return tunnel::TunnelChange{};
    }
    Result<void> remove() override { return success(); }
    Result<tunnel::TunnelFigures> figures(
        const std::optional<tunnel::TunnelWanted>& peers) override {
        tunnel::TunnelFigures figures{.sent = {.packets = sent_each}};
        if (!peers) return figures;
        ++readings;
        for (const tunnel::TunnelNode& node : peers->nodes)
            if (node.name != peers->self.name)
                figures.peers.push_back(
                    {.node = node.name, .sent = tunnel::TrafficCount{.packets = sent_each}});
        return figures;
    }

    std::optional<Error> refusal;
    std::vector<std::vector<IpPrefix>> applied;
    std::uint64_t sent_each = 0;
    int readings = 0;  ///< of figures, peer by peer
};

/// The node n1, whose reconciler it is, and another one, n2.
class ReconcilerTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        network_.emplace(new_network());
        begin();
        join();
    }

    /// The node's program begins, or begins again.
    void begin() {
        reconciler_.emplace(
            Reconciler::Options{
                .node = {support::must(NodeName::from("n1")), ipam::Incarnation{1}},
                .endpoint = support::ip("192.0.2.1"),
                .mac = tunnel::endpoint_mac(support::must(NodeName::from("n1")), Vni{1}),
                .boot = {},
                .cluster = support::must(LabName::from("lab")),
                .common = {.tunnel = {.cluster_prefixes = {support::prefix("10.244.0.0/20")}},
                           .pools = pools_}},
            Reconciler::Parts{connection_, leases_, backend_, *network_}, NodeMemory{});
    }
    void step_other() {
        support::must(other_.step(now_));
        const control::NodeRecord record{other_.identity().incarnation,
                                         {.name = other_.name(),
                                          .endpoint = support::ip("192.0.2.2"),
                                          .mac = tunnel::endpoint_mac(other_.name(), Vni{1}),
                                          .overlay = {},
                                          .blocks = {}}};
        const std::string key = support::test_keys().node(other_.name());
        if (!support::must(registry_.get(key)))
            support::must(registry_.put(key, control::to_record(record), registry::Revision{}, {}));
    }
    void step() { support::must(reconciler_->step(now_)); }
    void join() {
        for (int round = 0; round < 3; ++round) {
            step_other();
            step();
        }
    }
    void lose_all_records() {
        for (const registry::Record& record :
             support::must(registry_.list(support::test_keys().root(), "", 1000)).records)
            support::must(registry_.remove(record.key, record.revision));
    }

    Instant now_;
    registry::MemoryRegistry registry_{{.clock = [this] { return now_; }}};
    InterruptedRegistry connection_{registry_};
    ipam::ClusterPools pools_ = support::pools_of("10.244.0.0/20");
    support::EmulatedNode other_{"n2", registry_, pools_, 1};
    ipam::MemoryLeaseStore leases_{
        {.clock = [this] { return now_; }, .incarnation = ipam::Incarnation{1}, .rules = {}}};
    RecordingBackend backend_;
    std::optional<Namespace> network_;
    std::optional<Reconciler> reconciler_;
};

}  // namespace flatlan::node
