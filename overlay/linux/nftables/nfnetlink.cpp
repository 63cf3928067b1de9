#include "overlay/linux/nftables/nfnetlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;

}  // namespace

Result<UniqueFd> open_nfnetlink(int flags) {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_NETFILTER)};
    if (!socket) return Error::from_errno(errno, "open a netfilter socket");
    sockaddr_nl own{};
    own.nl_family = AF_NETLINK;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
        return Error::from_errno(errno, "bind a netfilter socket");
    return socket;
}

Result<bool> dump_nftables(const UniqueFd& socket, const NetlinkMessage& request,
                           const std::function<void(const NetlinkMessageView&)>& visit) {
    const auto octets = request.bytes();
    if (::send(socket.get(), octets.data(), octets.size(), 0) < 0)
        return Error::from_errno(errno, "ask for packet filters");
    alignas(NLMSG_ALIGNTO) std::array<std::byte, kReceiveBytes> buffer;
    bool answered = true;
    for (bool through = false; !through;) {
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error::from_errno(errno, "ask for packet filters");
        for_each_message(std::span{buffer}.first(static_cast<std::size_t>(got)),
                         [&](const NetlinkMessageView& message) {
                             if (message.type() == NLMSG_ERROR) answered = false;
                             if (message.type() == NLMSG_ERROR || message.type() == NLMSG_DONE)
                                 through = true;
                             else
                                 visit(message);
                         });
    }
    return answered;
}

}  // namespace flatlan
