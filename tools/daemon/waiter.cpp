#include "tools/daemon/waiter.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace flatlan::daemon {
namespace {

/// A hundred pods that are added at once are one round of claims.
constexpr int kGatherMs = 10;

}  // namespace

Result<std::unique_ptr<Waiter>> Waiter::create() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&set, signal);
    if (const int failed = pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
        return Error::from_errno(failed, "wait for signals");
    UniqueFd signals{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!signals) return Error::from_errno(errno, "wait for signals");
    UniqueFd wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (!wake) return Error::from_errno(errno, "make an event");
    UniqueFd writes{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    if (!writes) return Error::from_errno(errno, "watch files (fs.inotify.max_user_instances)");
    return std::unique_ptr<Waiter>{
        new Waiter{std::move(signals), std::move(wake), std::move(writes)}};
}

Result<void> Waiter::watch_writes(const std::filesystem::path& file) {
    watched_name_ = file.filename().string();
    if (::inotify_add_watch(writes_.get(), file.parent_path().c_str(), IN_MODIFY) < 0)
        return Error::from_errno(errno, "watch '" + file.parent_path().string() + "'");
    return success();
}

void Waiter::wake() { ::eventfd_write(wake_.get(), 1); }

Waiter::Woken Waiter::wait(std::chrono::milliseconds at_most) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + at_most;
    Woken woken;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        std::array<pollfd, 3> fds{pollfd{signals_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0},
                                  pollfd{writes_.get(), POLLIN, 0}};
        if (left <= 0 || ::poll(fds.data(), fds.size(), static_cast<int>(left)) == 0) return woken;
        read_signals(woken);
        eventfd_t count = 0;
        const bool told = ::eventfd_read(wake_.get(), &count) == 0;
        if (fds[2].revents != 0 && read_writes()) {
            pollfd signal{signals_.get(), POLLIN, 0};
            ::poll(&signal, 1, kGatherMs);
            read_writes();
            return woken;
        }
        if (told || woken.stop || woken.reload) return woken;
    }
}

void Waiter::read_signals(Woken& woken) {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGHUP)
            woken.reload = true;
        else
            woken.stop = true;
    }
}

/// Whether one of the watched files was written to.
bool Waiter::read_writes() {
    bool written = false;
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t size = ::read(writes_.get(), buffer.data(), buffer.size());
        if (size <= 0) return written;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const std::string_view name{buffer.data() + at + sizeof event};
            // Of its own locks and shared memory nobody need know.
            written = written || event.mask & IN_Q_OVERFLOW || name == watched_name_ ||
                      name == watched_name_ + "-wal";
            at += sizeof event + event.len;
        }
    }
}

}  // namespace flatlan::daemon
