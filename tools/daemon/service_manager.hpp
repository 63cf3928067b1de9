#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::daemon {

/// Who has started the daemon and wants to hear of it: systemd, or whoever speaks its protocol
/// (sd_notify(3), sd_watchdog_enabled(3)). Nothing is told where nobody asked.
class ServiceManager {
public:
    /// What the two variables NOTIFY_SOCKET and WATCHDOG_USEC say; WATCHDOG_PID, if it is there,
    /// must name this process.
    struct Request {
        std::string socket{};  ///< a path, or '@' and an abstract name; empty: nobody asked
        std::optional<Duration> watchdog{};
    };
    static Request request_from_environment();

    /// Error invalid_argument for a socket that is no address, or what the kernel says.
    static Result<ServiceManager> open(Request request);

    /// The daemon does its work from now on; `status` is for people.
    void tell_ready(std::string_view status);
    /// It is about to read its settings again; `tell_reloaded` follows, or `tell_ready` where it
    /// was not ready before.
    void tell_reloading();
    void tell_reloaded();
    void tell_stopping();
    /// What it does now, if that is something else than it told last.
    void tell_status(std::string_view status);
    /// That it is alive: at least once in each `watchdog_interval`.
    void tell_alive();

    /// Half of what the manager waits for; empty where it does not watch.
    std::optional<Duration> watchdog_interval() const;

private:
    ServiceManager(Request request, UniqueFd socket)
        : request_{std::move(request)}, socket_{std::move(socket)} {}
    void send(const std::string& text) const;

    Request request_;
    UniqueFd socket_;  ///< none where nobody asked
    std::string status_;
};

}  // namespace flatlan::daemon
