#include "overlay/linux/namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "overlay/base/check.hpp"

namespace flatlan {
namespace {

/// "network", "UTS" and so on, and the sysctl that limits how many of them a user may have.
std::pair<const char*, const char*> words_of(int clone_flag) {
    if (clone_flag == CLONE_NEWNET) return {"network", "user.max_net_namespaces"};
    if (clone_flag == CLONE_NEWNS) return {"mount", "user.max_mnt_namespaces"};
    if (clone_flag == CLONE_NEWUTS) return {"UTS", "user.max_uts_namespaces"};
    return {"IPC", "user.max_ipc_namespaces"};
}

/// unshare(2) says ENOSPC, in words "No space left on device", when a limit of namespaces is
/// reached.
Error refused(int errno_value, int clone_flag) {
    const auto [kind, limit] = words_of(clone_flag);
    Error error = Error::from_errno(errno_value, std::string{"create a "} + kind + " namespace");
    if (errno_value != ENOSPC) return error;
    return std::move(error)
        .as(ErrorCode::forbidden)
        .expecting(std::string{"a higher limit "} + limit);
}

struct KindName {
    NamespaceKind kind;
    int clone_flag;
    std::string_view text;
};
constexpr std::array kKinds{
    KindName{NamespaceKind::network, CLONE_NEWNET, "network"},
    KindName{NamespaceKind::uts, CLONE_NEWUTS, "uts"},
    KindName{NamespaceKind::ipc, CLONE_NEWIPC, "ipc"},
    KindName{NamespaceKind::mount, CLONE_NEWNS, "mount"},
    KindName{NamespaceKind::pid, CLONE_NEWPID, "pid"},
    KindName{NamespaceKind::user, CLONE_NEWUSER, "user"},
    KindName{NamespaceKind::cgroup, CLONE_NEWCGROUP, "cgroup"},
    KindName{NamespaceKind::time, 0x80 /* CLONE_NEWTIME, which glibc lacks */, "time"},
};

Result<UniqueFd> open_namespace_file(const char* path) {
    // Should it be a FIFO, not to wait for its writer.
    UniqueFd fd{::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd) return Error::from_errno(errno, std::string{"open namespace '"} + path + "'");
    return fd;
}

Result<UniqueFd> open_current_network() {
    const UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return Error::from_errno(errno, "open a socket");
    UniqueFd fd{::ioctl(socket.get(), SIOCGSKNS)};
    if (!fd)
        return Error::from_errno(errno, "open the current network namespace")
            .expecting("root, or CAP_NET_ADMIN in it");
    return fd;
}

/// The Result of `work`, done on a thread of its own.
template <typename Work>
std::invoke_result_t<Work> run_on_thread(Work work) {
    std::optional<std::invoke_result_t<Work>> done;
    try {
        std::thread{[&] { done.emplace(work()); }}.join();
    } catch (const std::system_error& refused) {
        return Error::from_errno(refused.code().value(), "start a thread")
            .expecting("a higher limit of processes: ulimit -u, or pids.max of the cgroup");
    }
    return std::move(*done);
}

/// A thread that unshares the kind behind `clone_flag`, lets `prepare` work inside and takes a
/// descriptor at `path`. It has no way back, so it needs none: an ordinary user may make a host
/// name of his own, but not return to the machine's.
template <typename Prepare>
Result<UniqueFd> create_beside(int clone_flag, const char* path, Prepare prepare) {
    return run_on_thread([&]() -> Result<UniqueFd> {
        if (::unshare(clone_flag) != 0) return refused(errno, clone_flag);
        FLATLAN_TRY_VOID(prepare());
        return open_namespace_file(path);
    });
}

}  // namespace

std::string_view to_string(NamespaceKind kind) {
    for (const auto& known : kKinds)
        if (known.kind == kind) return known.text;
    return "unknown";
}

Result<Namespace> Namespace::create_network() {
    FLATLAN_TRY(scope, NamespaceScope::here());
    return scope.move_to_new();
}

Result<Namespace> Namespace::create_uts(std::string_view hostname) {
    auto fd = create_beside(CLONE_NEWUTS, "/proc/thread-self/ns/uts", [&]() -> Result<void> {
        if (::sethostname(hostname.data(), hostname.size()) != 0)
            return Error::from_errno(errno, "set host name '" + std::string{hostname} + "'");
        return success();
    });
    if (!fd) return std::move(fd).error();
    return Namespace{std::move(fd).value(), NamespaceKind::uts};
}

Result<Namespace> Namespace::create_ipc() {
    auto fd = create_beside(CLONE_NEWIPC, "/proc/thread-self/ns/ipc",
                            []() -> Result<void> { return success(); });
    if (!fd) return std::move(fd).error();
    return Namespace{std::move(fd).value(), NamespaceKind::ipc};
}

Result<Namespace> Namespace::create_mount(const std::function<Result<void>()>& prepare) {
    auto fd = create_beside(CLONE_NEWNS, "/proc/thread-self/ns/mnt", prepare);
    if (!fd) return std::move(fd).error();
    return Namespace{std::move(fd).value(), NamespaceKind::mount};
}

Result<Namespace> Namespace::current_network() {
    FLATLAN_TRY(fd, open_current_network());
    return Namespace{std::move(fd), NamespaceKind::network};
}

Result<Namespace> Namespace::open(const std::filesystem::path& path) {
    FLATLAN_TRY(fd, open_namespace_file(path.c_str()));
    auto opened = from_fd(std::move(fd));
    if (!opened) return std::move(opened).error().within("'" + path.string() + "'");
    return opened;
}

Result<Namespace> Namespace::from_fd(UniqueFd fd) {
    const int clone_flag = ::ioctl(fd.get(), NS_GET_NSTYPE);
    for (const auto& known : kKinds)
        if (known.clone_flag == clone_flag) return Namespace{std::move(fd), known.kind};
    return Error{ErrorCode::invalid_argument, "is no namespace"}.expecting(
        "a path such as /run/netns/NAME or /proc/PID/ns/net");
}

std::uint64_t Namespace::inode() const {
    struct stat status {};
    FLATLAN_CHECK(::fstat(fd_.get(), &status) == 0);
    return status.st_ino;
}

Result<Namespace> Namespace::duplicate() const {
    UniqueFd copy{::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)};
    if (!copy) return Error::from_errno(errno, "duplicate a namespace's descriptor");
    return Namespace{std::move(copy), kind_};
}

Result<void> run_in_mounts(const Namespace& mounts, const std::function<Result<void>()>& action) {
    return run_on_thread([&]() -> Result<void> {
        // A thread that shares its root and working folder with others may not move (setns(2)).
        if (::unshare(CLONE_FS) != 0 || ::setns(mounts.fd(), CLONE_NEWNS) != 0)
            return Error::from_errno(errno, "enter a mount namespace");
        return action();
    });
}

Result<NamespaceScope> NamespaceScope::here() {
    auto origin = open_current_network();
    if (!origin) return std::move(origin).error();
    // A thread of another user namespace may leave without being let in again: ask before.
    if (::setns(origin.value().get(), CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "make sure of the way back to this network namespace");
    return NamespaceScope{std::move(origin).value()};
}

Result<NamespaceScope> NamespaceScope::enter(const Namespace& network) {
    FLATLAN_TRY(scope, here());
    FLATLAN_TRY_VOID(scope.move_to(network));
    return std::move(scope);
}

NamespaceScope::~NamespaceScope() {
    if (origin_) FLATLAN_CHECK(::setns(origin_.get(), CLONE_NEWNET) == 0);
}

Result<void> NamespaceScope::move_to(const Namespace& network) {
    if (::setns(network.fd(), CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "enter a network namespace");
    return success();
}

Result<Namespace> NamespaceScope::move_to_new() {
    if (::unshare(CLONE_NEWNET) != 0) return refused(errno, CLONE_NEWNET);
    return Namespace::current_network();
}

}  // namespace flatlan
