#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "tunnel/user/packet_offload.hpp"

namespace flatlan::tunnel {

/// An IP packet from the pods' side, and what the kernel left to be done on it.
struct DevicePacket {
    PacketOffload offload;
    std::span<const std::byte> packet;
};

/// The pods' side of the tunnel: one queue of the device `flat0`, as large packets of the kernel
/// that are neither cut nor summed up. Belongs to one thread.
class PacketDevice {
public:
    virtual ~PacketDevice() = default;

    /// To wait on.
    virtual int fd() const = 0;
    /// After the descriptor told of an error (EPOLLERR): takes it off, and says whether the
    /// interface is still there, so that there may be packets again. One that somebody removed
    /// tells of it for ever.
    virtual bool clear_error() = 0;
    /// The packets that are there now: all of them, or some tens of kilobytes of them. They are
    /// valid until the next call.
    virtual std::span<const DevicePacket> receive() = 0;
    /// Hands a packet to the kernel. The first piece is the device's to fill; the packet stands in
    /// the others, and its headers, `header_bytes` from the IP header on, in the second. Returns 0
    /// or the kernel's errno.
    virtual int send(const PacketOffload& offload, std::size_t header_bytes,
                     std::span<iovec> pieces) = 0;
    /// Whether the kernel leaves cutting TCP, or UDP, to us.
    virtual bool leaves_tcp_uncut() const = 0;
    virtual bool leaves_udp_uncut() const = 0;
};

}  // namespace flatlan::tunnel
