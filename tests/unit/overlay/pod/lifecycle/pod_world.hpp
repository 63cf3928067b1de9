#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "overlay/pod/lifecycle/pod_machine.hpp"

namespace flatlan::pod {

/// A pod's machine with a runtime that a test moves by hand: starts succeed at once, signals do
/// what the test said. Time is virtual. `log` tells what was asked, "start web", "terminate web".
class PodWorld {
public:
    explicit PodWorld(const PodTemplate& pod) : pod_{pod}, machine_{now_, pod_} { drain(); }
    PodWorld(const PodWorld&) = delete;
    PodWorld& operator=(const PodWorld&) = delete;

    /// Ends a container's process, with a status or by a signal as runtimes report it.
    void end(const std::string& name, int code) {
        machine_.handle_exited(now_, index(name), {.code = code});
        drain();
    }
    /// A container whose starts fail from now on.
    void break_start(const std::string& name) { broken_.insert(index(name)); }
    /// A container that SIGTERM does not end.
    void make_deaf(const std::string& name) { deaf_.insert(index(name)); }
    /// How probes of this container end from now on.
    void set_probe(const std::string& name, bool succeeds) { probes_[index(name)] = succeeds; }
    void stop() {
        machine_.handle_stop(now_);
        drain();
    }
    void run_for(Duration span) {
        const Instant until = now_ + span;
        while (const auto next = machine_.poll_timeout()) {
            if (*next > until) break;
            now_ = std::max(now_, *next);
            machine_.handle_timeout(now_);
            drain();
        }
        now_ = until;
    }

    const PodMachine& machine() const { return machine_; }
    const ContainerState& state(const std::string& name) { return machine_.state(index(name)); }
    /// What was asked since the last call.
    std::vector<std::string> log() { return std::exchange(log_, {}); }

private:
    std::size_t index(const std::string& name) const {
        std::size_t at = 0;
        while (pod_.at(at).name != name)
            ++at;
        return at;
    }

    void drain() {
        while (const auto action = machine_.poll_action())
            carry_out(*action);
    }

    void carry_out(const PodAction& action) {
        const std::size_t at = action.container;
        const std::string& name = pod_.at(at).name;
        switch (action.kind) {
            case PodAction::Kind::start:
                log_.push_back("start " + name);
                if (broken_.contains(at))
                    return machine_.handle_start_failed(now_, at, "no such file");
                return machine_.handle_started(now_, at);
            case PodAction::Kind::terminate:
                log_.push_back("terminate " + name);
                if (!deaf_.contains(at)) machine_.handle_exited(now_, at, {.code = 143});
                return;
            case PodAction::Kind::kill:
                log_.push_back("kill " + name);
                return machine_.handle_exited(now_, at, {.code = 137});
            case PodAction::Kind::probe:
                ++probes_made;
                return machine_.handle_probe(now_, at, action.probe,
                                             !probes_.contains(at) || probes_[at], "it said no");
        }
    }

public:
    std::size_t probes_made = 0;

private:
    PodTemplate pod_;
    Instant now_{};
    PodMachine machine_;
    std::set<std::size_t> broken_;
    std::set<std::size_t> deaf_;
    std::map<std::size_t, bool> probes_;
    std::vector<std::string> log_;
};

}  // namespace flatlan::pod
