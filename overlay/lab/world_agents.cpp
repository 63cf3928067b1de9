#include <poll.h>

#include <chrono>

#include "overlay/lab/agents/daemon_answer.hpp"
#include "overlay/lab/agents/process_agent.hpp"
#include "overlay/lab/supervised_agent.hpp"
#include "overlay/lab/world_state.hpp"
#include "overlay/linux/parallel.hpp"
#include "overlay/linux/route_lookup.hpp"

namespace flatlan::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWaysMax{60};
constexpr int kLookMs = 5;
/// Asked at once: more than there are of them in a lab of one machine.
constexpr std::size_t kAskedAtOnce = 256;

Result<bool> has_ways(const LabNode& node, std::span<const IpAddresses> others) {
    FLATLAN_TRY(end, node.path_end());
    FLATLAN_TRY(netlink, Netlink::open_in(*end.network));
    for (const IpAddresses& other : others)
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            const auto address = other.find(family);
            if (!address) continue;
            FLATLAN_TRY(decision, look_up_route(netlink, {.destination = *address}));
            if (decision.refused_errno != 0) return false;
        }
    return true;
}

}  // namespace

AgentMaker World::State::agent_maker() {
    return [this](const PlannedNode& planned,
                  const Namespace& network) -> Result<std::unique_ptr<NodeAgent>> {
        if (agents) {
            FLATLAN_TRY(agent, ProcessAgent::create(planned, network, *agents));
            return std::unique_ptr<NodeAgent>{std::move(agent)};
        }
        FLATLAN_TRY(agent, SupervisedAgent::create(planned, network, {settings, claims}));
        return std::unique_ptr<NodeAgent>{std::move(agent)};
    };
}

Result<void> World::State::start_registry() {
    if (!plan.registry) return success();
    FLATLAN_CHECK(programs);
    const std::size_t port = next_port++;
    FLATLAN_TRY(networks, underlay->attach(std::span{&*plan.registry, 1}, port));
    FLATLAN_TRY(started,
                EtcdNode::start(*plan.registry, port, std::move(networks.front()), programs->etcd));
    agents.emplace(AgentCluster{*programs, spec, etcd_url_of(*plan.registry)});
    const std::unique_lock changing{mutex};
    etcd = std::move(started);
    return success();
}

Result<void> World::State::await_nodes(std::span<const PlannedNode> planned) const {
    for (const PlannedNode& each : planned)
        FLATLAN_TRY_VOID(nodes.at(each.name)->await_joined());
    return success();
}

/// Whose programs do not hear of what is changed now.
std::vector<std::string> World::State::agent_notes() const {
    std::vector<std::string> notes;
    for (const auto& [name, node] : nodes)
        if (!node->is_stopped() && !node->is_up())
            notes.push_back("node '" + name.text() + "' hears of no change before its flatland " +
                            "goes on: it has ended ('flatlan node start " + name.text() +
                            "') or was stopped (SIGCONT)");
    return notes;
}

/// Daemons hear of each other a moment after a node has joined: until each has a way to each that
/// goes on.
Result<void> World::State::await_ways() const {
    if (!agents) return success();
    std::vector<std::pair<NodeName, const LabNode*>> hearing;
    std::vector<IpAddresses> addresses;
    for (const auto& [name, node] : nodes) {
        if (node->is_stopped()) continue;
        FLATLAN_TRY(overlay, node->overlay());
        if (node->is_up()) hearing.emplace_back(name, node.get());
        addresses.push_back(overlay);
    }
    const auto deadline = Clock::now() + kWaysMax;
    for (std::size_t i = 0; i < hearing.size();) {
        const auto& [name, node] = hearing[i];
        FLATLAN_TRY(ready, has_ways(*node, addresses));
        if (ready || !node->is_up()) {
            ++i;
        } else if (Clock::now() > deadline) {
            return Error{ErrorCode::timed_out,
                         "flatland of node '" + name.text() + "' does not hear of all nodes"}
                .expecting("its log: flatlan exec node/" + name.text() +
                           " -- cat /run/flatland.log");
        } else {
            ::poll(nullptr, 0, kLookMs);
        }
    }
    return success();
}

/// Adds what the daemons alone know. All are asked at once and without the lock: one that hangs
/// keeps only its asker waiting, and many no longer than one.
void World::State::show_daemons(LabStatus& status) const {
    if (!programs) return;
    std::vector<std::pair<NodeStatus*, UniqueFd>> asked;
    {
        const std::shared_lock reading{mutex};
        for (NodeStatus& shown : status.nodes)
            if (const auto at = nodes.find(shown.name); at != nodes.end())
                if (UniqueFd run = at->second->hold_daemon_run())
                    asked.emplace_back(&shown, std::move(run));
    }
    const auto show = [&](std::size_t i) {
        auto& [shown, run] = asked[i];
        // One that has only begun, or is about to end, tells nothing yet or any more.
        if (auto told = ask_daemon(run)) {
            shown->repairs = told.value().repairs;
            shown->narrow_paths = std::move(told).value().narrow_paths;
        }
        return success();
    };
    static_cast<void>(for_each_on_threads(kAskedAtOnce, asked.size(), show));  // none fails
}

Result<void> World::State::remove_nodes(std::span<const PlannedNode> gone) {
    for (const PlannedNode& planned : gone) {
        const auto at = nodes.find(planned.name);
        if (at == nodes.end()) continue;
        if (upkeep) upkeep->forget(planned.name);
        directory.remove(planned.name);
        FLATLAN_TRY_VOID(at->second->leave(now()));
        FLATLAN_TRY_VOID(at->second->remove_devices());
        FLATLAN_TRY_VOID(underlay->detach(at->second->port()));
        const std::unique_lock changing{mutex};
        nodes.erase(at);
    }
    return success();
}

/// Daemons know only by their registry that a node is gone for good; any of them may tell it.
Result<void> World::State::take_back_blocks(std::span<const PlannedNode> gone) {
    if (!agents) return success();
    for (const PlannedNode& planned : gone) {
        Result<void> done = Error{ErrorCode::unavailable, "no node's daemon runs"};
        for (auto at = nodes.begin(); !done && at != nodes.end(); ++at)
            if (at->second->is_up()) done = at->second->take_back_from(planned.name);
        if (!done)
            return Error{done.error()}
                .within("node '" + planned.name.text() + "' is gone and its blocks stay claimed")
                .expecting("flatlan exec node/NODE -- flatlan node remove " + planned.name.text() +
                           ", once the registry answers the daemon of NODE");
    }
    return success();
}

}  // namespace flatlan::lab
