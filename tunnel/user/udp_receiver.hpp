#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "overlay/base/ip_address.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/user/udp_sockets.hpp"
#include "tunnel/wire/traffic_class.hpp"

namespace flatlan::tunnel {

/// What one message from the underlay holds: a datagram, or several of one size that the kernel
/// joined (UDP_GRO), of which the last may be shorter.
struct ReceivedMessage {
    IpAddress from;
    TrafficClass traffic_class;
    std::size_t datagram_bytes;  ///< of each; at least 1
    bool joined;
    std::span<const std::byte> octets;
};

/// Receives messages, several in one call (recvmmsg).
class UdpReceiver {
public:
    static constexpr std::size_t kMessagesMax = 8;

    explicit UdpReceiver(UniqueFd socket);

    int fd() const { return socket_.get(); }
    bool joins() const { return joins_datagrams(socket_); }
    /// How many messages are there now, at most kMessagesMax; they are valid until the next call.
    std::size_t receive();
    ReceivedMessage message(std::size_t index) const;

private:
    static constexpr std::size_t kBufferBytes = 65'536;  // no datagram is larger
    struct alignas(cmsghdr) Control {
        std::array<std::byte, CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(int))> octets;
    };

    UniqueFd socket_;
    std::unique_ptr<std::byte[]> buffers_;
    std::array<sockaddr_in6, kMessagesMax> names_{};
    std::array<iovec, kMessagesMax> pieces_{};
    std::array<Control, kMessagesMax> controls_{};
    std::array<mmsghdr, kMessagesMax> headers_{};
};

}  // namespace flatlan::tunnel
