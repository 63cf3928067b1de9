#include "overlay/pod/container/engine_state.hpp"

namespace flatlan::pod {
namespace {

/// So that a container that forks without end is found before it has what all may have together.
constexpr std::chrono::milliseconds kCountInterval{250};

}  // namespace

void ContainerEngine::State::run() {
    std::unique_lock working{mutex};
    while (!ended) {
        drive();
        const std::optional<Instant> next = deadline();
        working.unlock();
        worked.notify_all();
        loop->wait(monotonic_now(), next);
        working.lock();
        loop->dispatch();
    }
}

void ContainerEngine::State::drive() {
    if (!trial.is_over()) {
        if (begun) trial.drive(monotonic_now());
        return;
    }
    if (std::exchange(hosts_changed, false))
        for (const auto& [name, pod] : pods)
            pod->write_hosts();
    const Instant now = monotonic_now();
    count_processes(now);
    for (const auto& [name, pod] : pods)
        if (pod->deadline() && *pod->deadline() <= now) {
            pod->handle_timeout(now);
            context.changed = true;
        }
    while (std::exchange(context.changed, false)) {
        for (const auto& [name, pod] : pods)
            pod->drive();
        slots.drive();
    }
}

/// Where no cgroup limits how many a container may have.
void ContainerEngine::State::count_processes(Instant now) {
    if (context.runtime.with_cgroups || pods.empty() || (next_count && now < *next_count)) return;
    next_count = now + kCountInterval;
    const ProcessCount count = ProcessCount::take(kContainerPidsMax);
    for (const auto& [name, pod] : pods)
        pod->end_large(count);
}

std::optional<Instant> ContainerEngine::State::deadline() const {
    if (!trial.is_over()) return trial.deadline();
    std::optional<Instant> next = pods.empty() ? std::nullopt : next_count;
    for (const auto& [name, pod] : pods)
        if (pod->deadline() && (!next || *pod->deadline() < *next)) next = pod->deadline();
    return next;
}

void ContainerEngine::State::begin(PodLaunch launch) {
    const PodName name = launch.name;
    pods[name] = std::make_unique<PodRunner>(
        monotonic_now(), RunnerContext{context, places, host_root, hosts, images},
        std::move(launch));
    context.changed = true;
}

}  // namespace flatlan::pod
