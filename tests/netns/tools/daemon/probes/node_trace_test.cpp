#include "tools/daemon/probes/node_trace.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "overlay/probe/io/epoll.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tests/netns/overlay/probe/routed_cluster.hpp"
#include "tests/support/forwarding_registry.hpp"
#include "tests/support/network_test.hpp"
#include "tools/daemon/probes/cluster_trace.hpp"
#include "tools/daemon/probes/probe_watch.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using support::must;

const LabName kCluster = LabName::from("traced").value();
const NodeName kN1 = NodeName::from("n1").value();
const NodeName kN2 = NodeName::from("n2").value();

/// A way to the registry on which all arrives, but of answers that a trace's sockets are open it is
/// told late that they have: later than an echo is waited for.
class SlowRegistry final : public support::ForwardingRegistry {
public:
    using ForwardingRegistry::ForwardingRegistry;
    Result<registry::Revision> put(std::string_view key, std::string_view value,
                                   registry::Revision expected,
                                   registry::SessionId session) override {
        auto done = ForwardingRegistry::put(key, value, expected, session);
        const bool is_whole = value == "1";  // so many pieces it has
        if (is_whole && is_open_) ::poll(nullptr, 0, 1500);
        is_open_ = value.starts_with("flatlan trace-end");
        return done;
    }

private:
    bool is_open_ = false;
};

/// Two machines with a pod each ("default/p1" on n1, "default/p2" on n2), in real namespaces, and
/// what of their daemons takes part in traces.
class NodeTraceTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (!IsSkipped()) network.emplace(2, 1);
    }
    OwnMembers members_of(const NodeName& node) const {
        OwnMembers own;
        own.cluster_prefixes = {support::prefix("10.244.0.0/16"), support::prefix("fd00:10::/32")};
        for (const probe::Member& member : network->members()) {
            if (member.node != node) continue;
            own.sheet.members.push_back(member);
            own.networks.emplace_back(must(network->network(member.name).duplicate()));
        }
        return own;
    }
    ProbeWatch::Options options_of(const NodeName& node) {
        return {.node = node,
                .cluster = kCluster,
                .tunnel = {.carrier = trace::Carrier::plain},
                .own_members = [this, node]() -> Result<OwnMembers> { return members_of(node); }};
    }
    tunnel::TunnelNode tunnel_of(const NodeName& node) const {
        const bool first = node == kN1;
        const probe::MemberId id = network->id("node/" + node.text());
        return {.name = node,
                .endpoint = support::ip(first ? "172.31.1.1" : "172.31.2.1"),
                .mac = {},
                .overlay = network->members()[id.value()].addresses,
                .blocks = {support::prefix(first ? "10.244.1.0/24" : "10.244.2.0/24")}};
    }
    /// As asked for on n1.
    trace::TraceReport trace(const trace::TraceWish& wish) {
        const node::NodeState state{.self = tunnel_of(kN1), .peers = {{tunnel_of(kN2), true}}};
        const tunnel::TunnelSettings settings;
        const ClusterAsker asker{.registry = registry,
                                 .cluster = kCluster,
                                 .asker = kN1,
                                 .nodes = {kN1, kN2},
                                 .ended = [] { return false; }};
        return must(trace_nodes(asker, {state, settings}, wish)).report;
    }

    std::optional<probe::RoutedCluster> network;
    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
};

TEST_F(NodeTraceTest, EchoesWhileTheRegistryKeepsItWaiting) {
    SlowRegistry slow{registry};
    const ProbeWatch first{registry, options_of(kN1)};
    const ProbeWatch second{slow, options_of(kN2)};
    const trace::TraceReport report =
        trace({.from = "default/p1", .to = "default/p2", .protocol = probe::Protocol::udp});
    EXPECT_EQ(to_string(report.verdict), "delivered") << report.reason;
}

}  // namespace
}  // namespace flatlan::daemon
