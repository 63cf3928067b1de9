#include "overlay/node/path_schedule.hpp"

#include <algorithm>

namespace flatlan::node {
namespace {

constexpr std::size_t kRoundsForAll = 3;

}  // namespace

void PathSchedule::handle_used(Instant now, std::span<const IpAddress> endpoints) {
    for (const IpAddress& endpoint : endpoints)
        known_[endpoint].used_at = now;
}

bool PathSchedule::rests(Instant now) const {
    return many_ && now - *round_at_ < kRest &&
           std::none_of(known_.begin(), known_.end(), [&](const auto& known) {
               const auto& used_at = known.second.used_at;
               return used_at && now - *used_at <= kInUse;
           });
}

std::vector<std::size_t> PathSchedule::poll_round(Instant now, std::span<const IpAddress> peers) {
    using std::chrono::seconds;
    const bool few = peers.size() <= kFewPeers;
    const auto since = round_at_ ? std::chrono::floor<seconds>(now - *round_at_) : seconds{1};
    const auto others_max =
        kOthers *
        static_cast<std::size_t>(std::clamp<Duration>(since, seconds{1}, kRest) / seconds{1});
    round_at_ = now;
    many_ = !few;
    forget(now, few ? peers : std::span<const IpAddress>{});
    std::vector<std::size_t> in_use;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < peers.size(); ++i)
        if (few || known_.contains(peers[i])) in_use.push_back(i);

    // Those that have waited longest; who was never probed has waited for ever.
    const auto waited_longer = [&](std::size_t one, std::size_t other) {
        return known_[peers[one]].probed_at < known_[peers[other]].probed_at;
    };
    std::stable_sort(in_use.begin(), in_use.end(), waited_longer);
    const std::size_t third = (in_use.size() + kRoundsForAll - 1) / kRoundsForAll;
    const std::size_t count = std::min(in_use.size(), std::clamp(third, kInUseMin, kInUseMax));
    for (std::size_t i = 0; i < count; ++i) {
        chosen.push_back(in_use[i]);
        known_[peers[in_use[i]]].probed_at = now;
    }
    for (std::size_t tried = 0, others = 0; !few && tried < peers.size() && others < others_max;
         ++tried) {
        const std::size_t at = next_other_++ % peers.size();
        if (known_.contains(peers[at])) continue;
        chosen.push_back(at);
        ++others;
    }
    return chosen;
}

/// Those that are not in use any more, or, where that does not matter, are no peers.
void PathSchedule::forget(Instant now, std::span<const IpAddress> few) {
    if (!few.empty() && known_.size() <= few.size()) return;
    std::erase_if(known_, [&](const auto& known) {
        const auto& [endpoint, peer] = known;
        if (std::find(few.begin(), few.end(), endpoint) != few.end()) return false;
        return !peer.used_at || now - *peer.used_at > kInUse;
    });
}

}  // namespace flatlan::node
