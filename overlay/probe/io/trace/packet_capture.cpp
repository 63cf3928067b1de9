#include "overlay/probe/io/trace/packet_capture.hpp"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace flatlan::trace {
namespace {

/// What waits until it is read; the kernel doubles it for its own book-keeping.
constexpr int kBufferBytes = 4 << 20;

Result<UniqueFd> open_here(const PacketFilter* filter) {
    UniqueFd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return Error::from_errno(errno, "open a capture");
    const int on = 1;
    const int bytes = kBufferBytes;
    // Without CAP_NET_ADMIN over the machine the kernel gives what net.core.rmem_max allows.
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes));
    if (filter != nullptr) FLATLAN_TRY_VOID(filter->attach(socket.get()));
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(ETH_P_ALL);
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0)
        return Error::from_errno(errno, "begin a capture");
    return socket;
}

Duration timestamp_of(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(part), sizeof time);
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }
    return {};
}

}  // namespace

Result<PacketCapture> PacketCapture::open(const Namespace& network, const PacketFilter* filter) {
    FLATLAN_TRY(socket, run_in(network, [&] { return open_here(filter); }));
    return PacketCapture{std::move(socket)};
}

std::optional<CapturedFrame> PacketCapture::next() {
    sockaddr_ll from{};
    iovec part{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> control{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &message, 0);
    if (got < 0 || from.sll_ifindex <= 0) return std::nullopt;
    const bool has_header = from.sll_hatype == ARPHRD_ETHER || from.sll_hatype == ARPHRD_LOOPBACK;
    const std::span octets{buffer_.data(), static_cast<std::size_t>(got)};
    return CapturedFrame{.device = IfIndex{from.sll_ifindex},
                         .outgoing = from.sll_pkttype == PACKET_OUTGOING,
                         .astray = from.sll_pkttype == PACKET_OTHERHOST,
                         .layer = has_header ? LinkLayer::ethernet : LinkLayer::none,
                         .at = timestamp_of(message),
                         .octets = {octets.begin(), octets.end()}};
}

std::uint32_t PacketCapture::count_lost() {
    tpacket_stats stats{};
    socklen_t size = sizeof stats;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return 0;
    return stats.tp_drops;
}

}  // namespace flatlan::trace
