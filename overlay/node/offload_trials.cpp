#include "overlay/node/offload_trials.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace flatlan::node {
namespace {

/// Until those who heard of a node have made their tunnels.
constexpr std::chrono::seconds kUntilPeersHear{1};
constexpr std::chrono::seconds kPauseMin{2};
constexpr std::chrono::minutes kPauseMax{10};

}  // namespace

Result<std::unique_ptr<OffloadTrials>> OffloadTrials::start(Try attempt, Warn warn) {
    UniqueFd stop{eventfd(0, EFD_CLOEXEC)};
    UniqueFd changed{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!stop || !changed) return Error::from_errno(errno, "try a tunnel's offloads");
    return std::unique_ptr<OffloadTrials>{new OffloadTrials{std::move(stop), std::move(changed),
                                                            std::move(attempt), std::move(warn)}};
}

OffloadTrials::OffloadTrials(UniqueFd stop, UniqueFd changed, Try attempt, Warn warn)
    : stop_{std::move(stop)},
      changed_{std::move(changed)},
      attempt_{std::move(attempt)},
      warn_{std::move(warn)},
      pause_{kPauseMin},
      thread_{[this] { run(); }} {}

OffloadTrials::~OffloadTrials() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
}

void OffloadTrials::handle_change() { eventfd_write(changed_.get(), 1); }

void OffloadTrials::run() {
    std::optional<Pause> pause;
    while (wait(pause)) {
        if (!let_peers_hear()) return;
        const bool again = attempt();
        pause.reset();
        if (again) pause = std::exchange(pause_, std::min<Pause>(2 * pause_, kPauseMax));
    }
}

bool OffloadTrials::wait(std::optional<Pause> at_most) {
    std::array<pollfd, 2> waits{{{stop_.get(), POLLIN, 0}, {changed_.get(), POLLIN, 0}}};
    poll(waits.data(), waits.size(), at_most ? static_cast<int>(at_most->count()) : -1);
    return waits[0].revents == 0;
}

bool OffloadTrials::let_peers_hear() const {
    pollfd stop{stop_.get(), POLLIN, 0};
    return poll(&stop, 1, static_cast<int>(Pause{kUntilPeersHear}.count())) <= 0;
}

bool OffloadTrials::attempt() {
    eventfd_t changes = 0;
    if (eventfd_read(changed_.get(), &changes) == 0) pause_ = kPauseMin;
    const auto found = attempt_(stop_.get());
    if (!found) {
        if (found.error().code() == ErrorCode::interrupted) return false;
        tell("the tunnel's offloads cannot be tried: " + found.error().to_string());
        return true;
    }
    if (!found.value()) return false;
    tell(found.value()->note);
    return !found.value()->known;
}

void OffloadTrials::tell(const std::string& words) {
    if (std::exchange(told_, words) != words && !words.empty()) warn_(words);
}

}  // namespace flatlan::node
