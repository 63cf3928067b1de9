#include "overlay/probe/io/stall_watch.hpp"

#include <algorithm>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::probe {
namespace {

constexpr Duration kBeat = std::chrono::milliseconds{10};
/// The oldest are forgotten: they are asked for soon, or not at all.
constexpr std::size_t kStallsMax = 4096;

}  // namespace

StallWatch::StallWatch() : due_{monotonic_now() + kBeat}, thread_{[this] { watch(); }} {}

StallWatch::~StallWatch() {
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
    }
    end_.notify_all();
}

Duration StallWatch::lateness(Instant now) const {
    return now - due_ < kLeast ? Duration::zero() : now - due_;
}

Duration StallWatch::longest_since(Instant then) const {
    const std::lock_guard lock{mutex_};
    Duration longest = lateness(monotonic_now());
    for (const Stall& stall : stalls_)
        if (stall.ended > then) longest = std::max(longest, stall.lasted);
    return longest;
}

void StallWatch::watch() {
    std::unique_lock lock{mutex_};
    while (!end_.wait_for(lock, kBeat, [this] { return over_; })) {
        const Instant now = monotonic_now();
        if (const Duration late = lateness(now); late > Duration::zero())
            stalls_.push_back({now, late});
        if (stalls_.size() > kStallsMax) stalls_.pop_front();
        due_ = now + kBeat;
    }
}

}  // namespace flatlan::probe
