#include "overlay/pod/container/pod_runner.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "overlay/pod/container/cgroups.hpp"
#include "overlay/pod/container/mounts.hpp"

namespace flatlan::pod {
namespace {

ContainerExit exit_of(int wait_status) {
    if (WIFEXITED(wait_status)) return {.code = WEXITSTATUS(wait_status)};
    const int number = WTERMSIG(wait_status);
    return {
        .code = 128 + number,
        .message = "ended by signal " + std::to_string(number) + " (" + strsignal(number) + ")"};
}

}  // namespace

PodRunner::PodRunner(Instant now, const RunnerContext& context, PodLaunch launch)
    : context_{context},
      launch_{std::move(launch)},
      files_{context, launch_},
      machine_{now, launch_.contents},
      containers_(launch_.contents.size()) {}

PodRunner::~PodRunner() {
    for (const Container& container : containers_)
        context_.containers.slots.release(&container);
    remove_mounted_folder(context_.places.logs_folder + "/" + files_.id());
}

void PodRunner::stop(Instant now) { machine_.handle_stop(now); }

void PodRunner::kill_all() {
    for (const Container& container : containers_)
        if (container.process) container.process->signal(SIGKILL);
}

void PodRunner::end_large(const ProcessCount& count) {
    for (Container& container : containers_) {
        if (!container.process || container.process->pid() == 0) continue;
        const std::size_t processes = count.beside(container.process->pid());
        if (processes <= kContainerPidsMax) continue;
        container.end_cause = "it had " + std::to_string(processes) + " processes, more than " +
                              std::to_string(kContainerPidsMax);
        container.process->signal(SIGKILL);
    }
}

void PodRunner::handle_timeout(Instant now) {
    for (Container& container : containers_)
        for (auto& probe : container.probes)
            if (probe) probe->handle_timeout(now);
    machine_.handle_timeout(now);
}

void PodRunner::drive() {
    for (Container& container : containers_)
        if (container.process && !container.launching && container.process->pid() == 0) {
            for (auto& probe : container.probes)
                probe.reset();
            container.process.reset();
        }
    while (const auto action = machine_.poll_action())
        carry_out(*action);
    deadline_ = machine_.poll_timeout();
    for (const Container& container : containers_)
        for (const auto& probe : container.probes)
            if (probe && !probe->is_answered() && (!deadline_ || probe->deadline() < *deadline_))
                deadline_ = probe->deadline();
}

bool PodRunner::is_over() const {
    return machine_.is_over() &&
           std::none_of(containers_.begin(), containers_.end(), [](const Container& each) {
               return each.launching || (each.process && each.process->pid() != 0);
           });
}

bool PodRunner::is_ready() const {
    for (std::size_t i = 0; i < containers_.size(); ++i)
        if (!launch_.contents.is_init(i) && !machine_.state(i).ready) return false;
    return true;
}

PodView PodRunner::view() const {
    PodView view{.phase = machine_.phase(), .stopping = machine_.is_stopping(), .containers = {}};
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        const Container& container = containers_[i];
        view.containers.push_back({.name = launch_.contents.at(i).name,
                                   .init = launch_.contents.is_init(i),
                                   .state = machine_.state(i),
                                   .pid = container.process ? container.process->pid() : 0});
    }
    return view;
}

Result<ContainerEntry> PodRunner::entry_of(const std::string& container) const {
    for (std::size_t i = 0; i < containers_.size(); ++i) {
        const ContainerSpec& spec = launch_.contents.at(i);
        if (spec.name != container) continue;
        const auto& process = containers_[i].process;
        if (!process || process->pid() == 0)
            return Error{ErrorCode::unavailable,
                         "container '" + container + "' does not run: " + machine_.state(i).reason};
        OciContainer oci = files_.describe(spec, process->id());
        return ContainerEntry{.pid = process->pid(),
                              .environment = std::move(oci.environment),
                              .working_dir = std::move(oci.working_dir),
                              .uid = oci.uid,
                              .gid = oci.gid,
                              .cgroup = std::move(oci.cgroup)};
    }
    return Error{ErrorCode::not_found, "the pod has no container '" + container + "'"};
}

void PodRunner::carry_out(const PodAction& action) {
    const auto& process = containers_[action.container].process;
    switch (action.kind) {
        case PodAction::Kind::start:
            return start(action.container);
        case PodAction::Kind::terminate:
            if (process) process->signal(files_.stop_signal(launch_.contents.at(action.container)));
            return;
        case PodAction::Kind::kill:
            if (process) process->signal(SIGKILL);
            return;
        case PodAction::Kind::probe:
            return probe(action.container, action.probe);
    }
}

void PodRunner::start(std::size_t index) {
    containers_[index].launching = true;
    context_.containers.slots.submit(&containers_[index], [this, index] {
        Result<void> launched = Error{ErrorCode::interrupted, "the pod is being ended"};
        if (!machine_.is_stopping()) launched = launch(index);
        if (launched) return;
        containers_[index].launching = false;
        machine_.handle_start_failed(monotonic_now(), index, launched.error().to_string());
        context_.containers.changed = true;
        context_.containers.slots.release(&containers_[index]);
    });
}

Result<void> PodRunner::launch(std::size_t index) {
    const ContainerSpec& spec = launch_.contents.at(index);
    Container& container = containers_[index];
    const std::uint64_t run = container.run++;
    if (run > 1) remove_log(index, run - 2);  // that of the run before stays for --previous
    FLATLAN_TRY(log, ContainerLog::create(log_path(index, run)));
    const std::string name = spec.name + "-" + std::to_string(run);
    container.process =
        std::make_unique<ContainerProcess>(context_.containers, files_.folder() + "/" + name,
                                           files_.id() + "_" + name, listener_of(index));
    auto oci = make_ready(spec, *container.process);
    if (!oci) {
        log.note("it cannot be started: " + oci.error().to_string(), wall_clock());
        return std::move(oci).error();
    }
    return container.process->launch(oci.value(), std::move(log));
}

/// Everything that comes before the runtime is asked.
Result<OciContainer> PodRunner::make_ready(const ContainerSpec& spec,
                                           const ContainerProcess& process) {
    FLATLAN_TRY_VOID(files_.prepare());
    OciContainer oci = files_.describe(spec, process.id());
    if (oci.arguments.empty())
        return Error{ErrorCode::invalid_argument, "no command"}.expecting(
            "'command: [PROGRAM, ARGUMENT...]' in its manifest: images are not fetched");
    FLATLAN_TRY_VOID(files_.make_root(spec, process.folder(), oci));
    return oci;
}

void PodRunner::remove_log(std::size_t index, std::uint64_t run) const {
    const std::string log = log_path(index, run);
    unlink(log.c_str());
    for (unsigned i = 1; i < ContainerLog::kFilesMax; ++i)
        unlink((log + "." + std::to_string(i)).c_str());
}

ContainerProcess::Listener PodRunner::listener_of(std::size_t index) {
    const auto launched = [this, index] {
        context_.containers.changed = true;
        containers_[index].launching = false;
        context_.containers.slots.release(&containers_[index]);
    };
    return {.started =
                [this, index, launched] {
                    machine_.handle_started(monotonic_now(), index);
                    launched();
                },
            .failed =
                [this, index, launched](std::string why) {
                    machine_.handle_start_failed(monotonic_now(), index, std::move(why));
                    launched();
                },
            .ended = [this, index](int wait_status) { handle_ended(index, wait_status); }};
}

void PodRunner::handle_ended(std::size_t index, int wait_status) {
    ContainerExit exit = exit_of(wait_status);
    if (context_.containers.runtime.with_cgroups) {
        const std::string group = context_.places.cgroup + "/" + containers_[index].process->id();
        exit.out_of_memory = was_out_of_memory(group);
        static_cast<void>(remove_cgroups(group));
    }
    if (auto why = std::exchange(containers_[index].end_cause, {}); !why.empty())
        exit.message = std::move(why);
    machine_.handle_exited(monotonic_now(), index, std::move(exit));
    context_.containers.changed = true;
}

void PodRunner::probe(std::size_t index, ProbeKind kind) {
    const ContainerSpec& spec = launch_.contents.at(index);
    const auto& asked = kind == ProbeKind::startup    ? spec.startup
                        : kind == ProbeKind::liveness ? spec.liveness
                                                      : spec.readiness;
    Container& container = containers_[index];
    if (!container.process) return;
    auto& run = container.probes[static_cast<std::size_t>(kind)];
    run = std::make_unique<ProbeRun>(context_.containers, *asked,
                                     ProbeTarget{.container_id = container.process->id(),
                                                 .files = container.process->folder() + "/probe-" +
                                                          std::to_string(container.probes_made++),
                                                 .network_fd = launch_.sandbox.network,
                                                 .addresses = launch_.addresses},
                                     [this, index, kind](bool succeeded, const std::string& why) {
                                         machine_.handle_probe(monotonic_now(), index, kind,
                                                               succeeded, why);
                                         context_.containers.changed = true;
                                     });
    run->begin(monotonic_now());
}

std::string PodRunner::log_path(std::size_t index, std::uint64_t run) const {
    return context_.places.logs_folder + "/" + files_.id() + "/" + launch_.contents.at(index).name +
           "/" + std::to_string(run) + ".log";
}

}  // namespace flatlan::pod
