#include "overlay/linux/nftables/nfnetlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>

namespace flatlan {
namespace {

constexpr std::size_t kReceiveBytes = 65536;
constexpr int kDumpTriesMax = 8;

/// What the kernel answered, read by read.
struct Dump {
    std::vector<std::vector<std::byte>> octets;
    bool answered = true;      ///< not by an error
    bool interrupted = false;  ///< the filters changed meanwhile: some may be missing
};

Result<Dump> read_dump(const UniqueFd& socket, const NetlinkMessage& request) {
    const auto asked = request.bytes();
    if (::send(socket.get(), asked.data(), asked.size(), 0) < 0)
        return Error::from_errno(errno, "ask for packet filters");
    Dump dump;
    std::vector<std::byte> buffer(kReceiveBytes);
    for (bool through = false; !through;) {
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error::from_errno(errno, "ask for packet filters");
        const auto octets = std::span{buffer}.first(static_cast<std::size_t>(got));
        for_each_message(octets, [&](const NetlinkMessageView& message) {
            dump.interrupted |= (message.flags() & NLM_F_DUMP_INTR) != 0;
            if (message.type() != NLMSG_ERROR && message.type() != NLMSG_DONE) return;
            through = true;
            // A dump that ends early has its error in the message that ends it.
            const auto error = message.header<std::int32_t>();
            dump.answered &= message.type() == NLMSG_DONE && error.value_or(0) == 0;
        });
        dump.octets.emplace_back(octets.begin(), octets.end());
    }
    return dump;
}

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
    for (int tries = 0; tries < kDumpTriesMax; ++tries) {
        FLATLAN_TRY(dump, read_dump(socket, request));
        if (dump.interrupted) continue;
        for (const std::vector<std::byte>& octets : dump.octets)
            for_each_message(octets, [&](const NetlinkMessageView& message) {
                if (message.type() != NLMSG_ERROR && message.type() != NLMSG_DONE) visit(message);
            });
        return dump.answered;
    }
    return Error{ErrorCode::unavailable, "ask for packet filters: they changed during each of " +
                                             std::to_string(kDumpTriesMax) + " readings"};
}

}  // namespace flatlan
