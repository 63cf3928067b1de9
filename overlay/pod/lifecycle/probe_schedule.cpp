#include "overlay/pod/lifecycle/probe_schedule.hpp"

namespace flatlan::pod {

bool ProbeSchedule::poll_due(Instant now) {
    if (under_way_ || now < due_) return false;
    under_way_ = true;
    due_ = now + probe_->period;
    return true;
}

void ProbeSchedule::handle_outcome(bool succeeded) {
    if (!under_way_) return;  // of a probe that was given up
    under_way_ = false;
    successes_ = succeeded ? successes_ + 1 : 0;
    failures_ = succeeded ? 0 : failures_ + 1;
    if (successes_ >= probe_->success_threshold) verdict_ = Verdict::passed;
    if (failures_ >= probe_->failure_threshold) verdict_ = Verdict::failed;
}

std::optional<Instant> ProbeSchedule::poll_timeout() const {
    if (under_way_) return std::nullopt;
    return due_;
}

}  // namespace flatlan::pod
