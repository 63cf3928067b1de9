#include "tools/daemon/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace flatlan::daemon {
namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::optional<std::uint64_t> number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// When the reload began, as the manager's own clock has it (sd_notify(3), MONOTONIC_USEC).
std::uint64_t monotonic_us() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec) / 1'000U;
}

}  // namespace

ServiceManager::Request ServiceManager::request_from_environment() {
    Request request{.socket = variable("NOTIFY_SOCKET")};
    const auto watchdog_us = number(variable("WATCHDOG_USEC"));
    const auto pid = number(variable("WATCHDOG_PID"));
    if (watchdog_us && *watchdog_us > 0 && (!pid || *pid == static_cast<unsigned>(::getpid())))
        request.watchdog = std::chrono::microseconds{*watchdog_us};
    return request;
}

Result<ServiceManager> ServiceManager::open(Request request) {
    if (request.socket.empty()) return ServiceManager{std::move(request), UniqueFd{}};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool abstract = request.socket.front() == '@';
    if ((!abstract && request.socket.front() != '/') ||
        request.socket.size() >= sizeof address.sun_path)
        return Error{ErrorCode::invalid_argument, "'" + request.socket + "' is no socket's name"}
            .at("NOTIFY_SOCKET")
            .expecting("an absolute path, or '@' and a name");
    std::memcpy(address.sun_path, request.socket.data(), request.socket.size());
    if (abstract) address.sun_path[0] = '\0';
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + request.socket.size());
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return Error::from_errno(errno, "speak to the service manager at " + request.socket);
    return ServiceManager{std::move(request), std::move(socket)};
}

/// A manager that does not listen any more is no reason to end.
void ServiceManager::send(const std::string& text) const {
    if (socket_) ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServiceManager::tell_ready(std::string_view status) {
    status_ = status;
    send("READY=1\nSTATUS=" + status_);
}

void ServiceManager::tell_reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()));
}

void ServiceManager::tell_reloaded() { send("READY=1"); }

void ServiceManager::tell_stopping() { send("STOPPING=1\nSTATUS=ends; pods and tunnel stay"); }

void ServiceManager::tell_status(std::string_view status) {
    if (status_ == status) return;
    status_ = status;
    send("STATUS=" + status_);
}

void ServiceManager::tell_alive() {
    if (request_.watchdog) send("WATCHDOG=1");
}

std::optional<Duration> ServiceManager::watchdog_interval() const {
    if (!request_.watchdog) return std::nullopt;
    return *request_.watchdog / 2;
}

}  // namespace flatlan::daemon
