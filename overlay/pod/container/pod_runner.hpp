#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/pod/container/container_process.hpp"
#include "overlay/pod/container/pod_files.hpp"
#include "overlay/pod/container/probe_run.hpp"
#include "overlay/pod/container/process_count.hpp"

namespace flatlan::pod {

/// Carries out what a pod's machine decides: starts and ends its containers, makes its probes, and
/// tells the machine what came of it. On the engine's thread.
class PodRunner {
public:
    PodRunner(Instant now, const RunnerContext& context, PodLaunch launch);
    PodRunner(const PodRunner&) = delete;
    PodRunner& operator=(const PodRunner&) = delete;
    /// What still runs or is being started is killed; what it wrote goes with it, logs too.
    ~PodRunner();

    /// Tells all of its containers, those that run too, the names of the lab's pods.
    void write_hosts() { files_.write_hosts(); }

    void stop(Instant now);
    /// Ends everything at once, whatever the pod's grace period is.
    void kill_all();
    /// Ends containers that have more processes than kContainerPidsMax.
    void end_large(const ProcessCount& count);
    void handle_timeout(Instant now);
    /// Does what is to be done; after each input.
    void drive();

    std::optional<Instant> deadline() const { return deadline_; }
    /// Whether nothing of it runs or is under way any more.
    bool is_over() const;
    bool is_settled() const { return machine_.is_settled(); }
    /// Whether each of its containers is, but those that come before the others.
    bool is_ready() const;
    const PodTemplate& contents() const { return launch_.contents; }
    PodView view() const;
    /// Error unavailable while the container does not run, not_found when there is none.
    Result<ContainerEntry> entry_of(const std::string& container) const;

private:
    struct Container {
        std::uint64_t run = 0;    ///< number of the next one
        bool launching = false;   ///< it has or waits for one of the LaunchSlots
        std::string end_cause{};  ///< why it was killed by us
        std::unique_ptr<ContainerProcess> process{};
        std::uint64_t probes_made = 0;
        std::unique_ptr<ProbeRun> probes[kProbeKinds]{};
    };

    void carry_out(const PodAction& action);
    void start(std::size_t index);
    Result<void> launch(std::size_t index);
    Result<OciContainer> make_ready(const ContainerSpec& spec, const ContainerProcess& process);
    ContainerProcess::Listener listener_of(std::size_t index);
    void handle_ended(std::size_t index, int wait_status);
    void probe(std::size_t index, ProbeKind kind);
    std::string log_path(std::size_t index, std::uint64_t run) const;
    void remove_log(std::size_t index, std::uint64_t run) const;

    RunnerContext context_;
    PodLaunch launch_;
    PodFiles files_;
    PodMachine machine_;
    std::vector<Container> containers_;
    std::optional<Instant> deadline_{};
};

}  // namespace flatlan::pod
