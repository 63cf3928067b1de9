#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <vector>

#include "overlay/base/mac_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/user/packet_device.hpp"
#include "tunnel/wire/ethernet.hpp"

namespace flatlan::tunnel {

/// The next hop of all routes through a veth: it is nobody's, so the far end's kernel leaves frames
/// for it to us.
MacAddress veth_gateway_mac();

/// A queue of a veth pair whose far end is read and written by a packet socket with a virtio header
/// (packet(7), PACKET_VNET_HDR): for ordinary users, who may make veths in a namespace of their own
/// but not open /dev/net/tun.
class VethDevice final : public PacketDevice {
public:
    /// Removes the pair of a process that ended without doing so: it belongs to nobody, and its
    /// name is needed. Only one whose far end has our name and our MAC address; what else has the
    /// name stays. Succeeds when there is none.
    static Result<void> remove_leftover(Netlink& netlink, const InterfaceName& name);

    /// Makes the pair, up, both ends in the namespace. Error conflict when a name is taken. The
    /// pair outlives its queues: who makes it removes it.
    static Result<std::vector<std::unique_ptr<PacketDevice>>> create(const Namespace& network,
                                                                     const InterfaceName& name,
                                                                     const MacAddress& mac,
                                                                     LinkMtu mtu,
                                                                     std::size_t queues);

    int fd() const override { return fd_.get(); }
    bool clear_error() override;
    std::span<const DevicePacket> receive() override;
    int send(const PacketOffload& offload, std::size_t header_bytes,
             std::span<iovec> pieces) override;
    bool leaves_tcp_uncut() const override { return true; }
    bool leaves_udp_uncut() const override { return true; }

private:
    static constexpr std::size_t kPacketsMax = 8;
    static constexpr std::size_t kFrameBytesMax = 65'536 + EthernetHeader::kSizeBytes;
    static constexpr std::size_t kFrontBytes = sizeof(VirtioHeader) + EthernetHeader::kSizeBytes;

    VethDevice(UniqueFd fd, const MacAddress& near, const MacAddress& far);

    UniqueFd fd_;
    MacAddress near_;
    MacAddress far_;
    std::unique_ptr<std::byte[]> buffers_;
    std::array<VirtioHeader, kPacketsMax> virtio_{};
    std::array<std::array<iovec, 2>, kPacketsMax> pieces_{};
    std::array<mmsghdr, kPacketsMax> headers_{};
    std::array<DevicePacket, kPacketsMax> packets_{};
    std::array<std::byte, kFrontBytes> front_{};
};

}  // namespace flatlan::tunnel
