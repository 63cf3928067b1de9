#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "overlay/pod/lifecycle/pod_template.hpp"
#include "overlay/pod/lifecycle/probe_schedule.hpp"
#include "overlay/pod/lifecycle/restart_backoff.hpp"

namespace flatlan::pod {

/// Kubernetes' phases of a pod.
enum class PodPhase : std::uint8_t { pending, running, succeeded, failed };

enum class ProbeKind : std::uint8_t { startup, liveness, readiness };
inline constexpr std::size_t kProbeKinds = 3;

/// How a container's process ended.
struct ContainerExit {
    int code = 0;  ///< 128 + N when signal N ended it, as runtimes report it
    bool out_of_memory = false;
    std::string message{};  ///< what else there is to say: why it could not start, who ended it
};

/// What a container does at the moment.
enum class ContainerPhase : std::uint8_t { waiting, starting, running, terminated };

/// A container as `ps` shows it.
struct ContainerState {
    ContainerPhase phase = ContainerPhase::waiting;
    bool ready = false;
    std::uint64_t restarts = 0;
    /// Kubernetes' word: "PodInitializing", "ContainerCreating", "CrashLoopBackOff", "Completed",
    /// "Error", "OOMKilled", "StartError"; empty while it runs.
    std::string reason{"PodInitializing"};
    std::string message{};                ///< for people; of the last end, or empty
    std::optional<int> last_exit_code{};  ///< of the last run that ended
    std::string last_reason{};            ///< why it ended
};

/// What somebody with a runtime and sockets has to do. A start and a probe are answered by a
/// `handle_` call; the signals are answered by the container's end, if it ends.
struct PodAction {
    enum class Kind : std::uint8_t { start, terminate, kill, probe };
    Kind kind;
    std::size_t container;  ///< PodTemplate::at
    ProbeKind probe = ProbeKind::liveness;
};

/// Decides what happens to the containers of one pod, and when: init containers one after the
/// other, sidecars before and until after all others, restarts with back-off, probes, and the end.
/// After each input all of `poll_action` is to be drained. No I/O, no clock.
class PodMachine {
public:
    /// Refers to `pod`, which must outlive it.
    PodMachine(Instant now, const PodTemplate& pod);

    void handle_started(Instant now, std::size_t container);
    /// It never ran: `message` is the runtime's.
    void handle_start_failed(Instant now, std::size_t container, std::string message);
    void handle_exited(Instant now, std::size_t container, ContainerExit exit);
    /// `message` says why a probe failed.
    void handle_probe(Instant now, std::size_t container, ProbeKind kind, bool succeeded,
                      const std::string& message);
    /// Ends the pod: every container gets SIGTERM, and SIGKILL when the grace period is over;
    /// sidecars follow the others. Nothing is started any more.
    void handle_stop(Instant now);
    void handle_timeout(Instant now);

    std::optional<PodAction> poll_action();
    /// When `handle_timeout` is to be called at the latest; empty: nothing waits for time.
    std::optional<Instant> poll_timeout() const;

    PodPhase phase() const;
    const ContainerState& state(std::size_t container) const { return runs_[container].state; }
    /// Whether it is being ended.
    bool is_stopping() const { return stopping_; }
    /// Whether nothing runs and nothing will be started.
    bool is_over() const;
    /// Whether there is no first start to wait for: it runs, is over, or a container of it failed.
    bool is_settled() const;

private:
    struct Run {
        ContainerState state{};
        RestartBackoff backoff{};
        Instant since{};                    ///< of the run
        std::optional<Instant> start_at{};  ///< the end of the back-off
        std::optional<Instant> kill_at{};   ///< the end of the grace period, once told to end
        bool killed = false;
        bool passed_init = false;  ///< an init container that need not run again
        std::string end_cause{};   ///< why we ended it
        std::optional<ProbeSchedule> probes[kProbeKinds]{};
    };

    void advance(Instant now);
    void start(std::size_t container);
    void terminate(Instant now, std::size_t container, std::string cause);
    void terminate_all(Instant now);
    void after_end(Instant now, std::size_t container, bool failed);
    bool starts_again(std::size_t container, bool failed) const;
    void begin_probes(Instant now, std::size_t container);
    void drive_probes(Instant now, std::size_t container);
    void judge_readiness(std::size_t container);
    bool has_started(std::size_t container) const;
    bool is_active(std::size_t container) const;
    bool is_at_rest(std::size_t container) const;
    bool main_containers_done() const;

    const PodTemplate* pod_;
    std::vector<Run> runs_;
    std::deque<PodAction> actions_;
    bool stopping_ = false;
    bool init_failed_ = false;
};

}  // namespace flatlan::pod
