#include "overlay/node/tunnel_keeper.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

namespace flatlan::node {
namespace {

/// How long a burst of changes is gathered: someone who flushes a table of a thousand entries is
/// through by then, and it is little beside the second within which all is to be right again.
constexpr int kGatherMs = 20;
/// What could not be put right is tried again after so long.
constexpr int kRetryMs = 500;

}  // namespace

Result<std::unique_ptr<TunnelKeeper>> TunnelKeeper::start(Repair repair, Warn warn) {
    UniqueFd epoll{epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return Error::from_errno(errno, "watch the tunnels");
    UniqueFd stop{eventfd(0, EFD_CLOEXEC)};
    if (!stop) return Error::from_errno(errno, "watch the tunnels");
    epoll_event event{.events = EPOLLIN, .data = {.fd = stop.get()}};
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop.get(), &event) != 0)
        return Error::from_errno(errno, "watch the tunnels");
    return std::unique_ptr<TunnelKeeper>{
        new TunnelKeeper{std::move(epoll), std::move(stop), std::move(repair), std::move(warn)}};
}

TunnelKeeper::TunnelKeeper(UniqueFd epoll, UniqueFd stop, Repair repair, Warn warn)
    : epoll_{std::move(epoll)},
      stop_{std::move(stop)},
      repair_{std::move(repair)},
      warn_{std::move(warn)},
      thread_{[this] { run(); }} {}

TunnelKeeper::~TunnelKeeper() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
}

Result<void> TunnelKeeper::watch(const NodeName& node, int fd) {
    const std::lock_guard changing{mutex_};
    if (fd < 0 || !watched_.emplace(node, fd).second) return success();
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return Error::from_errno(errno, "watch the tunnel of node '" + node.text() + "'");
    return success();
}

void TunnelKeeper::forget(const NodeName& node) {
    const std::lock_guard changing{mutex_};
    const auto at = watched_.find(node);
    if (at == watched_.end()) return;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, at->second, nullptr);
    watched_.erase(at);
    failing_.erase(node);
}

void TunnelKeeper::run() {
    while (wait() && gather())
        repair_told();
}

bool TunnelKeeper::wait() {
    std::array<epoll_event, 64> events{};
    int timeout_ms = -1;
    {
        const std::lock_guard reading{mutex_};
        if (!failing_.empty()) timeout_ms = kRetryMs;
    }
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms);
    const std::lock_guard changing{mutex_};
    for (const auto& [node, reason] : failing_)
        told_.insert(node);
    for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_.get()) return false;
        for (const auto& [node, watched] : watched_)
            if (watched == fd) told_.insert(node);
    }
    return true;
}

bool TunnelKeeper::gather() const {
    pollfd stop{stop_.get(), POLLIN, 0};
    return poll(&stop, 1, kGatherMs) <= 0;
}

void TunnelKeeper::repair_told() {
    std::set<NodeName> told;
    {
        const std::lock_guard changing{mutex_};
        told.swap(told_);
    }
    for (const NodeName& node : told) {
        const auto repaired = repair_(node);
        const std::lock_guard changing{mutex_};
        if (repaired) {
            failing_.erase(node);
        } else if (watched_.contains(node)) {
            const std::string reason = repaired.error().to_string();
            if (std::exchange(failing_[node], reason) != reason)
                warn_("node " + node.text() + " cannot be put right: " + reason);
        }
    }
}

}  // namespace flatlan::node
