#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <set>

#include "overlay/lab/images.hpp"
#include "overlay/lab/world_state.hpp"
#include "overlay/pod/container/process.hpp"

namespace flatlan::lab {
namespace {

/// How long `up` waits for containers. A pod whose init container waits for something else is not
/// late: it is Pending, and `ps` says so.
constexpr std::chrono::seconds kSettleTimeMax{60};

std::map<PodName, const pod::PodTemplate*> contents_by_name(const LabSpec& spec) {
    std::map<PodName, const pod::PodTemplate*> contents;
    for (const PodSpec& pod : spec.pods)
        if (const pod::PodTemplate* runs = contents_of(spec, pod)) contents.emplace(pod.name, runs);
    return contents;
}

Phase phase_of(const pod::PodView& view) {
    if (view.stopping) return Phase::terminating;
    switch (view.phase) {
        case pod::PodPhase::pending:
            return Phase::pending;
        case pod::PodPhase::running:
            return Phase::running;
        case pod::PodPhase::succeeded:
            return Phase::succeeded;
        case pod::PodPhase::failed:
            return Phase::failed;
    }
    return Phase::pending;
}

ContainerStatus status_of(const pod::ContainerView& view) {
    const pod::ContainerState& state = view.state;
    const char* word = "Waiting";  // also while it is being started: "ContainerCreating"
    if (state.phase == pod::ContainerPhase::running) word = "Running";
    if (state.phase == pod::ContainerPhase::terminated) word = "Terminated";
    return {.name = view.name,
            .state = word,
            .restarts = state.restarts,
            .init = view.init,
            .ready = state.ready,
            .reason = state.reason,
            .message = state.message,
            .exit_code = state.last_exit_code,
            .last_reason = state.last_reason};
}

}  // namespace

/// The runtimes are tried while the nodes are made.
Result<void> World::State::prepare_containers(const LabSpec& wanted) {
    if (wanted.templates.empty()) return success();
    if (engine) return engine->add_images(images_of(wanted));
    // Noted before there is any, so that whoever finds this lab dead can remove it.
    if (!places.cgroup.empty())
        FLATLAN_TRY_VOID(pod::write_whole_file(places.cgroup_note, places.cgroup + "\n"));
    FLATLAN_TRY(started, pod::ContainerEngine::start(places));
    engine = std::move(started);
    running_engine = engine.get();
    engine->begin();
    return engine->add_images(images_of(wanted));
}

/// Starts the containers of those pods that should have some and have none; says which those are.
Result<std::vector<PodName>> World::State::launch_containers(const LabSpec& wanted,
                                                             std::span<const PlannedPod> pods) {
    std::vector<PodName> started;
    const auto contents = contents_by_name(wanted);
    if (contents.empty()) return started;
    FLATLAN_TRY_VOID(engine->wait_until_ready());
    publish_names();
    std::map<PodName, IpAddresses> addresses;
    for (const auto& [name, node] : nodes)
        for (const PodStatus& pod : node->pod_statuses())
            addresses.emplace(pod.name, pod.ips);
    std::map<NodeName, IpAddresses> hosts;
    for (const PlannedNode& planned : plan.nodes)
        hosts.emplace(planned.name, planned.underlay);
    std::vector<pod::PodLaunch> launches;
    for (const PlannedPod& planned : pods) {
        const auto runs = contents.find(planned.name);
        if (runs == contents.end() || engine->view(planned.name)) continue;
        if (node(planned.node).is_stopped()) continue;  // they start with their node
        const auto found = node(planned.node).descriptors_of(planned.name);
        if (!found) continue;
        FLATLAN_TRY(sandbox, *found);
        launches.push_back({.name = planned.name,
                            .contents = *runs->second,
                            .node = planned.node.text(),
                            .addresses = addresses[planned.name],
                            .host_addresses = hosts[planned.node],
                            .sandbox = {sandbox.network, sandbox.uts, sandbox.ipc}});
        started.push_back(planned.name);
    }
    engine->add(std::move(launches));
    return started;
}

/// Waits until they run, or it is clear that they do not; others may change the lab meanwhile.
Result<void> World::State::settle(const std::vector<PodName>& started, ChangeQueue::Turn& turn) {
    if (started.empty()) return success();
    std::size_t late = 0;
    FLATLAN_TRY_VOID(
        turn.step_aside([&] { late = engine->wait_until_settled(started, kSettleTimeMax); }));
    if (late > 0) spdlog::info("{} pods do not run yet", late);
    return success();
}

/// Whatever should run and does not.
Result<void> World::State::relaunch(ChangeQueue::Turn& turn) {
    FLATLAN_TRY(started, launch_containers(spec, plan.pods));
    return settle(started, turn);
}

void World::end_waits() {
    if (pod::ContainerEngine* engine = state_->running_engine) engine->end_waits();
}

void World::State::stop_containers(std::span<const PlannedPod> pods) {
    if (!engine) return;
    std::vector<PodName> names;
    for (const PlannedPod& pod : pods)
        names.push_back(pod.name);
    engine->stop(names);
}

/// As when their machine loses its power.
void World::State::kill_containers_of(const NodeName& node) {
    if (!engine) return;
    std::vector<PodName> names;
    for (const PlannedPod& pod : plan.pods)
        if (pod.node == node) names.push_back(pod.name);
    engine->kill(names);
}

/// Ends the containers of pods that go and of those that are to run something else; then the change
/// itself. `launch_containers` is to follow.
Result<ApplyReport> World::State::change_pods(const LabChange& change,
                                              std::span<const PlannedPod> changed) {
    FLATLAN_TRY_VOID(check_none_is_stopped());
    // Before the lock is taken, since a container may take its time to end.
    stop_containers(changed);
    stop_containers(change.pods_removed);
    const std::lock_guard working{work};
    Result<ApplyReport> report = carry_out(change);
    if (report && upkeep) FLATLAN_TRY_VOID(upkeep->watch_all());
    if (!report) static_cast<void>(launch_containers(spec, plan.pods));
    return report;
}

/// Those that stay where they are and are to run something else than they do.
std::vector<PlannedPod> World::State::changed_pods(const LabSpec& wanted,
                                                   const LabPlan& wanted_plan) const {
    std::vector<PlannedPod> changed;
    if (!engine) return changed;
    const auto contents = contents_by_name(wanted);
    std::set<std::pair<PodName, NodeName>> there;
    for (const PlannedPod& pod : plan.pods)
        there.emplace(pod.name, pod.node);
    for (const PlannedPod& pod : wanted_plan.pods) {
        const auto runs = contents.find(pod.name);
        if (there.contains({pod.name, pod.node}) &&
            !engine->runs(pod.name, runs == contents.end() ? nullptr : runs->second))
            changed.push_back(pod);
    }
    return changed;
}

/// What a file asks for and nobody does must not look as if it were done.
std::vector<std::string> World::State::container_notes() const {
    const pod::ContainerEngine* running = running_engine;
    if (running == nullptr) return {};
    std::vector<std::string> notes;
    for (const std::string& image : running->images_as_root())
        notes.push_back("image '" + image + "' runs as root: this user's labs have no other uid");
    const bool limited = std::any_of(
        spec.templates.begin(), spec.templates.end(), [](const pod::PodTemplate& contents) {
            for (std::size_t i = 0; i < contents.size(); ++i)
                if (contents.at(i).limits.memory_bytes || contents.at(i).limits.cpu_millis)
                    return true;
            return false;
        });
    if (limited && running->ignores_limits())
        notes.emplace_back(
            "limits of memory and cpu are not enforced: no control groups can be made here");
    return notes;
}

void World::State::publish_names() {
    std::vector<pod::HostsEntry> entries;
    for (const auto& [name, node] : nodes)
        for (const PodStatus& pod : node->pod_statuses())
            entries.push_back({pod.name, pod.ips});
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.pod < b.pod; });
    engine->set_hosts(std::move(entries));
}

void World::State::show_containers(PodStatus& pod) const {
    const pod::ContainerEngine* running = running_engine;
    if (running == nullptr) return;
    const auto view = running->view(pod.name);
    if (!view) return;
    if (pod.state == Phase::running) pod.state = phase_of(*view);
    for (const pod::ContainerView& container : view->containers)
        pod.containers.push_back(status_of(container));
}

Result<pod::ContainerEntry> World::entry_of(const PodName& pod,
                                            const std::string& container) const {
    const pod::ContainerEngine* engine = state_->running_engine;
    if (engine == nullptr) return Error{ErrorCode::not_found, "no pod of this lab has containers"};
    return engine->entry_of(pod, container);
}

void World::handle_child(pid_t child, int wait_status) {
    if (pod::ContainerEngine* engine = state_->running_engine)
        engine->handle_child(child, wait_status);
}

}  // namespace flatlan::lab
