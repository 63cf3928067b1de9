#include <algorithm>

#include "overlay/base/undo.hpp"
#include "tools/daemon/node_service.hpp"
#include "tools/daemon/probes/cluster_probe.hpp"

// What is asked of the whole cluster.
namespace flatlan::daemon {

template <typename Ask>
auto NodeService::ask_cluster(Ask ask) const
    -> decltype(ask(std::declval<ClusterAsker>(), std::declval<node::NodeState>())) {
    // Each holds one of the few threads that answer; others ask for this node's state meanwhile.
    constexpr int kAskingMax = 2;
    const Undo done{[this] { --asking_; }};
    if (++asking_ > kAskingMax)
        return Error{ErrorCode::conflict, "other tests of this cluster are waited for here"}
            .expecting("to try again once they have ended");
    FLATLAN_TRY(registry, opened(parts().registry));
    FLATLAN_TRY(reconciler, opened(parts().reconciler));
    const node::NodeState state = reconciler->state();
    ClusterAsker asker{.registry = *registry,
                       .cluster = about_.cluster,
                       .asker = about_.node,
                       .nodes = {about_.node},
                       .ended = [this] { return ended_.load(); }};
    for (const node::PeerState& peer : state.peers)
        if (peer.alive) asker.nodes.push_back(peer.node.name);
    std::ranges::sort(asker.nodes);
    return ask(asker, state);
}

Result<ClusterAnswer> NodeService::probe_cluster(const std::string& roster) const {
    FLATLAN_TRY(wanted, probe::roster_from_record(roster));
    return ask_cluster(
        [&](const ClusterAsker& asker, const node::NodeState& state) -> Result<ClusterAnswer> {
            FLATLAN_TRY(answer, probe_nodes(asker, wanted));
            for (const node::PeerState& peer : state.peers)
                if (!peer.alive)
                    answer.silent.push_back({peer.node.name.text(), "gives no sign of life"});
            return std::move(answer);
        });
}

Result<trace::TraceAnswer> NodeService::trace(const std::string& wish) const {
    FLATLAN_TRY(wanted, trace::wish_from_record(wish));
    return ask_cluster(
        [&](const ClusterAsker& asker, const node::NodeState& state) -> Result<trace::TraceAnswer> {
            const auto common = parts().common;  // set with the reconciler
            return trace_nodes(asker, {state, common->tunnel}, wanted);
        });
}

}  // namespace flatlan::daemon
