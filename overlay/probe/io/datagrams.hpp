#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/observation.hpp"

namespace flatlan::probe {

/// How many packets one system call moves at most.
inline constexpr std::size_t kDatagramsMax = 32;

/// Packets to be sent from one socket in as few calls as it takes (sendmmsg(2)).
class SendBatch {
public:
    static constexpr std::size_t kOctetsMax = 128;

    SendBatch();
    SendBatch(const SendBatch&) = delete;
    SendBatch& operator=(const SendBatch&) = delete;

    std::size_t size() const { return size_; }
    bool full() const { return size_ == kDatagramsMax; }

    /// Adds a packet to `to` and returns the place for its `octets` octets, at most kOctetsMax.
    /// With `from` it is sent from that address, else from the socket's.
    std::span<std::byte> add(const Endpoint& to, std::size_t octets,
                             const std::optional<IpAddress>& from = std::nullopt);

    /// Sends all, in order, and empties the batch. `refused` is called with the place and errno of
    /// each that the kernel would not take. On a socket that collects errors, one that came in for
    /// an earlier packet fails the next call once: each packet is therefore tried twice, with
    /// `before_retry` called between.
    void send(
        int socket, const std::function<void(std::size_t, int)>& refused,
        const std::function<void()>& before_retry = [] {});

private:
    struct Slot {
        std::array<std::byte, kOctetsMax> octets;
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> control;
        SocketAddress to;
        iovec vector;
    };

    std::vector<Slot> slots_;
    std::array<mmsghdr, kDatagramsMax> headers_{};
    std::size_t size_ = 0;
};

/// A packet as a socket received it. Valid until the batch receives again.
struct Datagram {
    std::span<const std::byte> octets;
    std::optional<Endpoint> source;
    std::optional<IpAddress> destination;  ///< with report_destinations
    std::optional<std::uint8_t> ttl;       ///< with fix_ttl
    const msghdr* header;                  ///< for further control messages
};

/// Packets received from one socket in one call (recvmmsg(2)).
class ReceiveBatch {
public:
    /// Longer packets are cut: probes, and errors with what they quote, are shorter.
    static constexpr std::size_t kOctetsMax = 1024;

    ReceiveBatch();
    ReceiveBatch(const ReceiveBatch&) = delete;
    ReceiveBatch& operator=(const ReceiveBatch&) = delete;

    /// Reads what is there, at most kDatagramsMax packets; with MSG_ERRQUEUE in `flags` the errors
    /// that came in (IP_RECVERR in ip(7)). Nothing there is an empty answer, and so is an error.
    std::span<const Datagram> receive(int socket, int flags = 0);

private:
    struct Slot {
        std::array<std::byte, kOctetsMax> octets;
        alignas(cmsghdr) std::array<std::byte, 256> control;
        SocketAddress source;
        iovec vector;
    };

    std::vector<Slot> slots_;
    std::array<mmsghdr, kDatagramsMax> headers_{};
    std::vector<Datagram> received_;
};

/// What a message of a socket's error queue says (struct sock_extended_err); empty when it is none.
std::optional<Refusal> read_refusal(const msghdr& header);

/// The MTU that such a message brings with a packet that was too large; 0 where it brings none.
std::uint32_t read_told_mtu(const msghdr& header);

/// When the kernel received the packet, in wall time; with SO_TIMESTAMPNS.
std::optional<Duration> read_timestamp(const msghdr& header);

/// When a device took a packet that was sent, in wall time; of a message of the error queue, with
/// report_send_times.
std::optional<Duration> read_send_time(const msghdr& header);

}  // namespace flatlan::probe
