#include "overlay/linux/netlink_events.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace flatlan {
namespace {

/// A message about an interface, the longest of all, stays under 8 KiB here.
constexpr std::size_t kReceiveBytes = 32768;
/// Asked for; net.core.rmem_max may allow less.
constexpr int kBufferBytesWanted = 1 << 20;
/// Who makes events without pause must not keep us for ever: what is left waits for the next call.
constexpr int kReadsMax = 4096;

Result<UniqueFd> open_here(std::span<const unsigned> groups) {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
    if (!socket) return Error::from_errno(errno, "open a netlink socket for events");
    // A smaller buffer loses messages sooner, and that is told.
    static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kBufferBytesWanted,
                                   sizeof kBufferBytesWanted));
    // The kernel passes over a socket without a number, and a group gives it none.
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
        return Error::from_errno(errno, "bind a netlink socket for events");
    for (const unsigned group : groups)
        if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) !=
            0)
            return Error::from_errno(errno, "listen to netlink group " + std::to_string(group));
    return socket;
}

}  // namespace

Result<NetlinkEvents> NetlinkEvents::open_in(const Namespace& network,
                                             std::span<const unsigned> groups) {
    FLATLAN_TRY(socket, run_in(network, [&] { return open_here(groups); }));
    return NetlinkEvents{std::move(socket)};
}

Result<void> NetlinkEvents::leave_out(const Netlink& own) {
    // The filter reads in network order; the number is in the machine's own.
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(nlmsghdr, nlmsg_pid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(own.port_id()), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffff'ffff),
    }};
    const sock_fprog program{.len = code.size(), .filter = code.data()};
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        return Error::from_errno(errno, "filter netlink events");
    return success();
}

Result<bool> NetlinkEvents::drain(const std::function<void(const NetlinkMessageView&)>& visit) {
    bool complete = true;
    for (int reads = 0; reads < kReadsMax; ++reads) {
        alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
        const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
        if (got >= 0 && static_cast<std::size_t>(got) <= buffer.size()) {
            for_each_message({buffer.data(), static_cast<std::size_t>(got)}, visit);
        } else if (got >= 0 || errno == ENOBUFS) {
            complete = false;
        } else if (errno == EAGAIN) {
            return complete;
        } else if (errno != EINTR) {
            return Error::from_errno(errno, "read netlink events");
        }
    }
    return complete;
}

}  // namespace flatlan
