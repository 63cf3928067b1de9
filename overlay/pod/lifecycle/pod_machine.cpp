#include "overlay/pod/lifecycle/pod_machine.hpp"

#include <algorithm>
#include <utility>

namespace flatlan::pod {
namespace {

using Verdict = ProbeSchedule::Verdict;

constexpr std::size_t index_of(ProbeKind kind) { return static_cast<std::size_t>(kind); }

const std::optional<Probe>& probe_of(const ContainerSpec& container, ProbeKind kind) {
    if (kind == ProbeKind::startup) return container.startup;
    return kind == ProbeKind::liveness ? container.liveness : container.readiness;
}

constexpr ProbeKind kAllKinds[] = {ProbeKind::startup, ProbeKind::liveness, ProbeKind::readiness};

std::string reason_of(const ContainerExit& exit) {
    if (exit.out_of_memory) return "OOMKilled";
    return exit.code == 0 ? "Completed" : "Error";
}

}  // namespace

PodMachine::PodMachine(Instant now, const PodTemplate& pod) : pod_{&pod}, runs_(pod.size()) {
    advance(now);
}

void PodMachine::handle_started(Instant now, std::size_t container) {
    Run& run = runs_[container];
    run.since = now;
    run.state.phase = ContainerPhase::running;
    run.state.reason.clear();
    if (run.kill_at) {  // told to end while it was being started
        run.kill_at = now + pod_->grace_period;
        actions_.push_back({PodAction::Kind::terminate, container});
    }
    begin_probes(now, container);
    advance(now);
}

void PodMachine::handle_start_failed(Instant now, std::size_t container, std::string message) {
    Run& run = runs_[container];
    run.since = now;
    run.state.phase = ContainerPhase::terminated;
    run.state.reason = run.state.last_reason = "StartError";
    run.state.last_exit_code = 128;  // what Kubernetes shows for a container that never ran
    run.state.message = std::move(message);
    after_end(now, container, true);
}

void PodMachine::handle_exited(Instant now, std::size_t container, ContainerExit exit) {
    Run& run = runs_[container];
    const std::string cause = std::exchange(run.end_cause, {});
    run.state.phase = ContainerPhase::terminated;
    run.state.reason = run.state.last_reason = reason_of(exit);
    run.state.last_exit_code = exit.code;
    run.state.message = cause.empty() ? std::move(exit.message) : cause;
    // A liveness probe's end counts as a failure, whatever status the program chose.
    after_end(now, container, exit.code != 0 || (!cause.empty() && !stopping_));
}

void PodMachine::after_end(Instant now, std::size_t container, bool failed) {
    Run& run = runs_[container];
    run.state.ready = false;
    run.kill_at.reset();
    run.killed = false;
    for (auto& probe : run.probes)
        probe.reset();
    if (starts_again(container, failed)) {
        run.start_at = now + run.backoff.next(now - run.since);
        run.state.phase = ContainerPhase::waiting;
        if (*run.start_at > now) run.state.reason = "CrashLoopBackOff";
    } else if (pod_->is_init(container) && !pod_->at(container).sidecar) {
        run.passed_init = !failed;
        init_failed_ = init_failed_ || (failed && !stopping_);
    }
    advance(now);
}

bool PodMachine::starts_again(std::size_t container, bool failed) const {
    if (stopping_) return false;
    const bool init = pod_->is_init(container);
    if (pod_->at(container).sidecar) return !init_failed_ && !main_containers_done();
    if (pod_->restart_policy == RestartPolicy::never) return false;
    if (init || pod_->restart_policy == RestartPolicy::on_failure) return failed;
    return true;
}

void PodMachine::handle_probe(Instant now, std::size_t container, ProbeKind kind, bool succeeded,
                              const std::string& message) {
    auto& probe = runs_[container].probes[index_of(kind)];
    if (!probe) return;
    probe->handle_outcome(succeeded);
    if (kind != ProbeKind::readiness && probe->verdict() == Verdict::failed)
        terminate(now, container,
                  std::string{kind == ProbeKind::startup ? "startup" : "liveness"} +
                      " probe failed: " + message);
    judge_readiness(container);
    advance(now);
}

void PodMachine::handle_stop(Instant now) {
    stopping_ = true;
    advance(now);
}

void PodMachine::handle_timeout(Instant now) { advance(now); }

std::optional<PodAction> PodMachine::poll_action() {
    if (actions_.empty()) return std::nullopt;
    const PodAction action = actions_.front();
    actions_.pop_front();
    return action;
}

std::optional<Instant> PodMachine::poll_timeout() const {
    std::optional<Instant> next;
    const auto consider = [&](const std::optional<Instant>& at) {
        if (at && (!next || *at < *next)) next = at;
    };
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const Run& run = runs_[i];
        if (!run.killed) consider(run.kill_at);
        consider(run.start_at);
        for (const ProbeKind kind : kAllKinds)
            if (const auto& probe = run.probes[index_of(kind)];
                probe && !run.kill_at && (kind == ProbeKind::startup || has_started(i)))
                consider(probe->poll_timeout());
    }
    return next;
}

/// Everything that follows from the state and the time; harmless when nothing does.
void PodMachine::advance(Instant now) {
    const bool done = stopping_ || init_failed_ || main_containers_done();
    if (done) terminate_all(now);

    bool earlier_ready = !done;  // init containers before this one are through
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        Run& run = runs_[i];
        if (run.state.phase == ContainerPhase::running) drive_probes(now, i);
        if (run.kill_at && !run.killed && *run.kill_at <= now &&
            run.state.phase == ContainerPhase::running) {
            run.killed = true;
            actions_.push_back({PodAction::Kind::kill, i});
        }
        const bool waits = run.state.phase == ContainerPhase::waiting;
        const bool again = run.start_at.has_value();
        if (done) run.start_at.reset();
        if (waits && !done && (again ? *run.start_at <= now : earlier_ready)) start(i);
        if (pod_->is_init(i))
            earlier_ready =
                earlier_ready && (pod_->at(i).sidecar ? has_started(i) : run.passed_init);
    }
}

void PodMachine::start(std::size_t container) {
    Run& run = runs_[container];
    if (run.start_at) ++run.state.restarts;
    run.start_at.reset();
    run.state.phase = ContainerPhase::starting;
    run.state.reason = "ContainerCreating";
    actions_.push_back({PodAction::Kind::start, container});
}

void PodMachine::terminate(Instant now, std::size_t container, std::string cause) {
    Run& run = runs_[container];
    if (run.kill_at) return;
    run.kill_at = now + pod_->grace_period;
    run.end_cause = std::move(cause);
    run.state.ready = false;
    if (run.state.phase == ContainerPhase::running)
        actions_.push_back({PodAction::Kind::terminate, container});
}

/// Sidecars serve the others, so they end after them (Kubernetes, "Sidecar Containers").
void PodMachine::terminate_all(Instant now) {
    const auto end_those = [&](bool sidecars) {
        bool any = false;
        for (std::size_t i = 0; i < runs_.size(); ++i)
            if (pod_->at(i).sidecar == sidecars && is_active(i)) {
                terminate(now, i, {});
                any = true;
            }
        return any;
    };
    if (!end_those(false)) end_those(true);
}

void PodMachine::begin_probes(Instant now, std::size_t container) {
    for (const ProbeKind kind : kAllKinds)
        if (const auto& probe = probe_of(pod_->at(container), kind))
            runs_[container].probes[index_of(kind)].emplace(now, *probe);
    judge_readiness(container);
}

void PodMachine::drive_probes(Instant now, std::size_t container) {
    Run& run = runs_[container];
    if (run.kill_at) return;
    const bool started = has_started(container);
    for (const ProbeKind kind : kAllKinds) {
        auto& probe = run.probes[index_of(kind)];
        // The startup probe holds the others back and ends with its success.
        if (!probe || (kind == ProbeKind::startup) == started) continue;
        if (probe->poll_due(now)) actions_.push_back({PodAction::Kind::probe, container, kind});
    }
}

void PodMachine::judge_readiness(std::size_t container) {
    Run& run = runs_[container];
    const auto& probe = run.probes[index_of(ProbeKind::readiness)];
    run.state.ready = run.state.phase == ContainerPhase::running && !run.kill_at &&
                      has_started(container) && (!probe || probe->verdict() == Verdict::passed);
}

bool PodMachine::has_started(std::size_t container) const {
    const Run& run = runs_[container];
    const auto& probe = run.probes[index_of(ProbeKind::startup)];
    return run.state.phase == ContainerPhase::running &&
           (!probe || probe->verdict() == Verdict::passed);
}

bool PodMachine::is_active(std::size_t container) const {
    const ContainerPhase phase = runs_[container].state.phase;
    return phase == ContainerPhase::starting || phase == ContainerPhase::running;
}

/// It ended and is not started again.
bool PodMachine::is_at_rest(std::size_t container) const {
    return runs_[container].state.phase == ContainerPhase::terminated;
}

bool PodMachine::main_containers_done() const {
    for (std::size_t i = pod_->init_containers.size(); i < runs_.size(); ++i)
        if (!is_at_rest(i)) return false;
    return !pod_->containers.empty();
}

bool PodMachine::is_over() const {
    if (!stopping_ && !init_failed_ && !main_containers_done()) return false;
    for (std::size_t i = 0; i < runs_.size(); ++i)
        if (is_active(i)) return false;
    return true;
}

PodPhase PodMachine::phase() const {
    if (init_failed_) return PodPhase::failed;
    const std::size_t first = pod_->init_containers.size();
    if (main_containers_done()) {
        for (std::size_t i = first; i < runs_.size(); ++i)
            if (runs_[i].state.last_exit_code.value_or(0) != 0) return PodPhase::failed;
        return PodPhase::succeeded;
    }
    // Running: all init containers are through and one container at least has been started.
    for (std::size_t i = first; i < runs_.size(); ++i)
        if (runs_[i].state.phase == ContainerPhase::running || is_at_rest(i) ||
            (runs_[i].state.last_exit_code && runs_[i].state.last_reason != "StartError"))
            return PodPhase::running;
    return PodPhase::pending;
}

bool PodMachine::is_settled() const {
    const PodPhase now = phase();
    if (now == PodPhase::succeeded || now == PodPhase::failed) return true;
    for (std::size_t i = 0; i < runs_.size(); ++i)
        if (runs_[i].state.last_exit_code && !runs_[i].passed_init) return true;
    for (std::size_t i = pod_->init_containers.size(); i < runs_.size(); ++i)
        if (runs_[i].state.phase != ContainerPhase::running) return false;
    return true;
}

}  // namespace flatlan::pod
