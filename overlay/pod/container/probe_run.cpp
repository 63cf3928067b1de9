#include "overlay/pod/container/probe_run.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "overlay/linux/namespace.hpp"

namespace flatlan::pod {
namespace {

/// Enough for a status line.
constexpr std::size_t kReplySizeMaxBytes = 1024;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

/// IPv4 where the pod has both families, as Kubernetes' first address is.
SocketAddress address_of(const IpAddresses& addresses, Port port) {
    SocketAddress out;
    if (addresses.ipv4) {
        sockaddr_in ipv4{};
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(port.value());
        ipv4.sin_addr.s_addr = htonl(addresses.ipv4->value());
        std::memcpy(&out.storage, &ipv4, out.size = sizeof ipv4);
    } else if (addresses.ipv6) {
        sockaddr_in6 ipv6{};
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = htons(port.value());
        const auto octets = addresses.ipv6->octets();
        std::memcpy(&ipv6.sin6_addr, octets.data(), octets.size());
        std::memcpy(&out.storage, &ipv6, out.size = sizeof ipv6);
    }
    return out;
}

std::string address_text(const IpAddresses& addresses) {
    if (addresses.ipv4) return to_string(*addresses.ipv4);
    return addresses.ipv6 ? "[" + to_string(*addresses.ipv6) + "]" : "";
}

/// The status of "HTTP/1.1 200 OK"; 0 when it is none.
int status_of(std::string_view reply) {
    const auto space = reply.find(' ');
    int status = 0;
    if (!reply.starts_with("HTTP/") || space == reply.npos) return 0;
    std::from_chars(reply.data() + space + 1, reply.data() + reply.size(), status);
    return status;
}

}  // namespace

ProbeRun::ProbeRun(ContainerContext& context, const Probe& probe, ProbeTarget target, Answer answer)
    : context_{context}, probe_{probe}, target_{std::move(target)}, answer_{std::move(answer)} {}

ProbeRun::~ProbeRun() {
    if (socket_) context_.loop.forget(socket_.get());
    for (const pid_t child : {runtime_, command_}) {
        if (child == 0) continue;
        context_.loop.forget_child(child);
        kill(child, SIGKILL);
    }
    if (!std::holds_alternative<ExecAction>(probe_.action)) return;
    unlink(pid_file().c_str());
    unlink(log_file().c_str());
}

void ProbeRun::begin(Instant now) {
    deadline_ = now + probe_.timeout;
    if (const auto* exec = std::get_if<ExecAction>(&probe_.action)) return begin_exec(*exec);
    if (const auto* tcp = std::get_if<TcpAction>(&probe_.action))
        return begin_connection(tcp->port, {});
    const auto& http = std::get<HttpAction>(probe_.action);
    const std::string host = http.host.empty() ? address_text(target_.addresses) : http.host;
    begin_connection(http.port, "GET " + http.path + " HTTP/1.1\r\nHost: " + host +
                                    "\r\nUser-Agent: flatlan-probe\r\nAccept: */*\r\n"
                                    "Connection: close\r\n\r\n");
}

void ProbeRun::handle_timeout(Instant now) {
    if (answered_ || now < deadline_) return;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(probe_.timeout);
    answer(false, "no answer within " + std::to_string(milliseconds.count()) + " ms");
}

void ProbeRun::answer(bool succeeded, std::string why) {
    if (answered_) return;
    answered_ = true;
    if (socket_) context_.loop.forget(socket_.get());
    socket_.reset();
    answer_(succeeded, std::move(why));
}

void ProbeRun::begin_exec(const ExecAction& action) {
    if (const auto started = start_command(action); !started)
        answer(false, started.error().to_string());
}

Result<void> ProbeRun::start_command(const ExecAction& action) {
    const UniqueFd null{open("/dev/null", O_RDWR | O_CLOEXEC)};
    unlink(pid_file().c_str());
    const std::uint64_t mark = context_.loop.child_mark();
    FLATLAN_TRY(runtime, spawn(context_.runtime.exec_command(target_.container_id, pid_file(),
                                                             log_file(), action.command),
                               {null.get(), null.get(), null.get()}));
    runtime_ = runtime;
    context_.loop.await_child(runtime, mark, [this, mark](int wait_status) {
        handle_command_started(wait_status, mark);
    });
    return success();
}

void ProbeRun::handle_command_started(int wait_status, std::uint64_t mark) {
    runtime_ = 0;
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
        return answer(false, last_message(log_file()));
    command_ = read_pid(pid_file());
    if (command_ == 0) return answer(false, "the runtime noted no process");
    context_.loop.await_child(command_, mark, [this](int status) {
        command_ = 0;
        const bool succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        answer(succeeded,
               WIFEXITED(status)
                   ? "the command ended with status " + std::to_string(WEXITSTATUS(status))
                   : "the command was ended by signal " + std::to_string(WTERMSIG(status)));
    });
}

void ProbeRun::begin_connection(Port port, std::string request) {
    request_ = std::move(request);
    if (const auto connected = connect(port); !connected)
        answer(false, connected.error().to_string());
}

/// From inside of the pod's namespace: whether the network leads there is another question.
Result<void> ProbeRun::connect(Port port) {
    const SocketAddress to = address_of(target_.addresses, port);
    FLATLAN_TRY(network,
                Namespace::from_fd(UniqueFd{fcntl(target_.network_fd, F_DUPFD_CLOEXEC, 0)}));
    FLATLAN_TRY(inside, NamespaceScope::enter(network));
    static_cast<void>(inside);
    socket_ = UniqueFd{
        socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
    if (!socket_) return Error::from_errno(errno, "open a socket");
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0 &&
        errno != EINPROGRESS)
        return Error::from_errno(errno, "connect to port " + std::to_string(port.value()));
    return context_.loop.watch_writing(socket_.get(), [this] { handle_connected(); });
}

void ProbeRun::handle_connected() {
    int failed = 0;
    socklen_t size = sizeof failed;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return answer(false, Error::from_errno(failed, "connect").to_string());
    if (request_.empty()) return answer(true, {});
    // So short a request always fits into a fresh socket's buffer.
    if (send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL) < 0)
        return answer(false, Error::from_errno(errno, "send the request").to_string());
    context_.loop.forget(socket_.get());
    if (const auto watched = context_.loop.watch_reading(socket_.get(), [this] { handle_reply(); });
        !watched)
        answer(false, watched.error().to_string());
}

void ProbeRun::handle_reply() {
    std::array<char, kReplySizeMaxBytes> text;
    const ssize_t count = recv(socket_.get(), text.data(), text.size() - reply_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) reply_.append(text.data(), static_cast<std::size_t>(count));
    const bool whole = reply_.find('\n') != reply_.npos || reply_.size() == kReplySizeMaxBytes;
    if (count > 0 && !whole) return;
    const int status = status_of(reply_);
    answer(status >= 200 && status < 400,
           status == 0 ? "no answer in HTTP" : "HTTP status " + std::to_string(status));
}

}  // namespace flatlan::pod
