#pragma once

#include <optional>

#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {

/// When a probe is due and what its outcomes mean, for one run of one container. A probe that is
/// under way holds the next one back; how it ends, a time-out too, is told by `handle_outcome`.
class ProbeSchedule {
public:
    /// What the probe says of the container by now.
    enum class Verdict : std::uint8_t { unknown, passed, failed };

    ProbeSchedule(Instant now, const Probe& probe)
        : probe_{&probe}, due_{now + probe.initial_delay} {}

    /// True once for each probe that is to be made.
    bool poll_due(Instant now);
    /// `failed` once failure_threshold in a row failed, `passed` once success_threshold did.
    void handle_outcome(bool succeeded);

    Verdict verdict() const { return verdict_; }
    /// When the next one is due; empty while one is under way.
    std::optional<Instant> poll_timeout() const;

private:
    const Probe* probe_;  ///< the template's, which outlives the pod's machine
    Instant due_;
    bool under_way_ = false;
    std::uint32_t successes_ = 0;
    std::uint32_t failures_ = 0;
    Verdict verdict_ = Verdict::unknown;
};

}  // namespace flatlan::pod
