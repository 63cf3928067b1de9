#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "overlay/linux/unique_fd.hpp"
#include "tunnel/engine/engine.hpp"
#include "tunnel/user/segments.hpp"
#include "tunnel/user/udp_sockets.hpp"

namespace flatlan::tunnel {

/// Collects datagrams and hands them to the kernel in few calls: datagrams of one size to one peer
/// as one message that the kernel cuts (UDP_SEGMENT), messages together (sendmmsg). Payload that is
/// large is not copied before the kernel does it, so it has to stay where it is until `flush`.
///
/// Each packet counts with the engine as sent or, where the kernel did not take it, as dropped.
/// Where the kernel can no longer cut (EIO: the device cannot sum up), we send one by one from then
/// on.
class UdpSender {
public:
    /// `sockets` are those to send from: the flow chooses. `port` is that of every endpoint.
    UdpSender(std::vector<UniqueFd> sockets, Port port, Engine& engine);

    void add(const WayOut& way, const Segments& segments);
    /// A datagram that the engine made and has counted; nothing of it is kept.
    void add(const Transmit& transmit);
    /// Sends what was collected. Nothing is kept afterwards.
    void flush();

    bool cuts() const { return cuts_; }

private:
    static constexpr std::size_t kMessagesMax = 64;
    static constexpr std::size_t kPiecesMax = 1024;         // of all messages
    static constexpr std::size_t kArenaBytes = 128 * 1024;  // headers and small packets
    static constexpr std::size_t kDatagramsMax = 64;        // UDP_MAX_SEGMENTS of Linux until 6.8
    static constexpr std::size_t kMessageBytesMax = 65'000;
    /// Smaller payload is copied, since a piece of its own costs the kernel more.
    static constexpr std::size_t kCopiedBytesMax = 512;

    /// What is known of a message beside what the kernel reads.
    struct Message {
        SocketAddress to{};
        std::size_t socket = 0;
        std::uint8_t traffic_class = 0;
        std::optional<PeerId> peer{};  ///< none for what is counted already
        std::optional<CountedPacket> counted{};
        std::size_t datagrams = 0;
        std::size_t datagram_bytes = 0;  ///< of each but the last
        std::size_t size_bytes = 0;
        std::size_t pieces_per_datagram = 1;
        iovec* pieces = nullptr;
        bool open = false;  ///< another datagram may follow
    };
    /// Control data of one message: UDP_SEGMENT and the traffic class.
    struct alignas(cmsghdr) Control {
        std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(int))> octets;
    };

    Message& message_for(const WayOut& way, std::size_t datagram_bytes, bool gathered);
    Message& new_message(const IpAddress& to, Port source_port, std::uint8_t traffic_class);
    bool fits(const Message& message, const WayOut& way, std::size_t datagram_bytes) const;
    std::span<std::byte> take_arena(std::size_t count);
    void append(Message& message, std::span<const std::byte> front,
                std::span<const std::byte> back);

    msghdr header_of(Message& message, std::size_t datagrams, iovec* pieces, Control& control);
    void send(std::size_t first, std::size_t end);
    void send_singly(Message& message);
    void count(const Message& message, std::size_t datagrams, bool sent);

    std::vector<UniqueFd> sockets_;
    Port port_;
    Engine& engine_;
    bool cuts_;
    std::array<Message, kMessagesMax> messages_;
    std::size_t message_count_ = 0;
    std::array<iovec, kPiecesMax> pieces_;
    std::size_t piece_count_ = 0;
    std::vector<std::byte> arena_;
    std::size_t arena_used_ = 0;
    std::array<mmsghdr, kMessagesMax> headers_;
    std::array<Control, kMessagesMax> controls_;
};

}  // namespace flatlan::tunnel
