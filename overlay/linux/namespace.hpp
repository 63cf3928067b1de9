#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// What a namespace holds apart from the rest of the machine (namespaces(7)).
enum class NamespaceKind : std::uint8_t { network, uts, ipc, mount, pid, user, cgroup, time };

/// "network", "uts" and so on.
std::string_view to_string(NamespaceKind kind);

/// Owns a descriptor of a kernel namespace. The namespace lives at least as long as the descriptor:
/// without processes inside, a path or another owner, the kernel frees it, and all in it, with the
/// last one.
class Namespace {
public:
    /// A new network namespace, empty but for `lo`, which is down. The calling thread ends where it
    /// was. Needs CAP_SYS_ADMIN in its user namespace (else: forbidden).
    static Result<Namespace> create_network();
    /// A new UTS namespace whose host name is `hostname`, of at most 64 octets.
    static Result<Namespace> create_uts(std::string_view hostname);
    /// A new IPC namespace: its own System V objects and POSIX message queues.
    static Result<Namespace> create_ipc();

    /// A new mount namespace: a copy of the caller's, whose mounts must be private, in which
    /// `prepare` has worked.
    static Result<Namespace> create_mount(const std::function<Result<void>()>& prepare);

    /// The network namespace in which the calling thread is. Asks a socket, so /proc need not be
    /// mounted; needs CAP_NET_ADMIN over that namespace (else: forbidden).
    static Result<Namespace> current_network();
    /// The namespace behind a path such as /run/netns/NAME or /proc/PID/ns/net. Error
    /// invalid_argument when the path is something else.
    static Result<Namespace> open(const std::filesystem::path& path);
    /// Takes over a descriptor. Error invalid_argument when it is none of a namespace.
    static Result<Namespace> from_fd(UniqueFd fd);

    NamespaceKind kind() const { return kind_; }
    int fd() const { return fd_.get(); }
    /// The number by which the kernel knows it: equal for two descriptors of one namespace.
    std::uint64_t inode() const;
    /// A second descriptor of the same namespace.
    Result<Namespace> duplicate() const;

private:
    Namespace(UniqueFd fd, NamespaceKind kind) : fd_{std::move(fd)}, kind_{kind} {}

    UniqueFd fd_;
    NamespaceKind kind_;
};

/// The calling thread inside another network namespace until the end of the scope, which brings it
/// back. Sockets, netlink and /proc/sys/net are then that namespace's; a socket stays in the
/// namespace in which it was opened. Ends on the thread on which it began.
class NamespaceScope {
public:
    /// Error forbidden when the thread may not enter, or might not come back.
    static Result<NamespaceScope> enter(const Namespace& network);
    /// Stays where the thread is, to move on from there.
    static Result<NamespaceScope> here();

    NamespaceScope(const NamespaceScope&) = delete;
    NamespaceScope& operator=(const NamespaceScope&) = delete;
    NamespaceScope(NamespaceScope&& other) noexcept = default;
    NamespaceScope& operator=(NamespaceScope&&) = delete;
    /// Back to where the thread came from; aborts when the kernel refuses, since all that follows
    /// would happen in the wrong namespace.
    ~NamespaceScope();

    /// On to a further namespace, with the same way back.
    Result<void> move_to(const Namespace& network);
    /// On to a new network namespace, with the same way back: the cheapest way to make many.
    Result<Namespace> move_to_new();

private:
    explicit NamespaceScope(UniqueFd origin) : origin_{std::move(origin)} {}

    UniqueFd origin_;
};

/// Calls `action` on a thread of its own inside a mount namespace, and waits for it. Error
/// unavailable when the machine gives no thread.
Result<void> run_in_mounts(const Namespace& mounts, const std::function<Result<void>()>& action);

/// Calls `action` with the calling thread inside `network` and returns its Result.
template <std::invocable Action>
std::invoke_result_t<Action> run_in(const Namespace& network, Action&& action) {
    const auto scope = NamespaceScope::enter(network);
    if (!scope) return scope.error();
    return std::forward<Action>(action)();
}

}  // namespace flatlan
