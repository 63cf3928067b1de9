#include <algorithm>

#include "overlay/base/check.hpp"
#include "overlay/base/undo.hpp"
#include "overlay/lab/world_state.hpp"

namespace flatlan::lab {

Result<LabNode*> World::State::find_node(const NodeName& name) const {
    const auto at = nodes.find(name);
    if (at == nodes.end())
        return Error{ErrorCode::not_found, "no node '" + name.text() + "' in this lab"};
    return at->second.get();
}

/// What a stopped machine is told, it would never hear.
Result<void> World::State::check_none_is_stopped() const {
    for (const auto& [name, node] : nodes)
        if (node->is_stopped())
            return Error{ErrorCode::unavailable, "node '" + name.text() + "' is stopped"}.expecting(
                "flatlan node start " + name.text() + " first");
    return success();
}

Result<void> World::State::stop_registry() {
    if (etcd->is_stopped()) return success();
    FLATLAN_TRY_VOID(etcd->stop());
    return underlay->detach(etcd->port());
}

Result<void> World::State::restart_registry() {
    if (!etcd->is_stopped()) return etcd->revive();
    const std::size_t port = next_port++;
    FLATLAN_TRY(networks, underlay->attach(std::span{&etcd->plan(), 1}, port));
    return etcd->start_again(port, std::move(networks.front()));
}

Result<void> World::State::start_upkeep() {
    if (agents) return success();  // each node's daemon keeps its own tunnel
    FLATLAN_TRY(started, Upkeep::start({work, nodes, directory}));
    upkeep = std::move(started);
    return upkeep->watch_all();
}

Result<void> World::stop_node(const NodeName& name, ChangeQueue::Turn& turn) {
    {
        const std::lock_guard working{state_->work};
        if (state_->is_registry(name)) return state_->stop_registry();
        FLATLAN_TRY(node, state_->find_node(name));
        if (node->is_stopped()) return success();
        FLATLAN_TRY_VOID(state_->move_replicas_off(name));
        if (state_->upkeep) state_->upkeep->forget(name);
        FLATLAN_TRY_VOID(node->stop());
        FLATLAN_TRY_VOID(state_->underlay->detach(node->port()));
    }
    return state_->relaunch(turn);
}

/// With its devices, links and sandboxes; the containers come after.
Result<void> World::State::power_on(const NodeName& name, LabNode& node) {
    const auto planned = std::find_if(plan.nodes.begin(), plan.nodes.end(),
                                      [&](const PlannedNode& each) { return each.name == name; });
    FLATLAN_CHECK(planned != plan.nodes.end());
    const std::size_t port = next_port++;
    FLATLAN_TRY(networks, underlay->attach(std::span{&*planned, 1}, port));
    Undo off_again{[&] {
        // It stays as it was; the Error that led here is what is told.
        static_cast<void>(node.stop());
        static_cast<void>(underlay->detach(port));
    }};
    FLATLAN_TRY_VOID(node.start(port, std::move(networks.front())));
    FLATLAN_TRY_VOID(node.await_joined());
    FLATLAN_TRY_VOID(node.create_allocated_pods());
    FLATLAN_TRY_VOID(node.reconcile(directory));
    if (upkeep) FLATLAN_TRY_VOID(upkeep->watch_all());
    off_again.disarm();
    return success();
}

Result<void> World::start_node(const NodeName& name, ChangeQueue::Turn& turn) {
    {
        const std::lock_guard working{state_->work};
        if (state_->is_registry(name)) return state_->restart_registry();
        FLATLAN_TRY(node, state_->find_node(name));
        if (!node->is_stopped()) {
            FLATLAN_TRY_VOID(node->revive());
            return node->await_joined();
        }
        FLATLAN_TRY_VOID(state_->power_on(name, *node));
    }
    return state_->relaunch(turn);
}

}  // namespace flatlan::lab
