#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/user/packet_device.hpp"

namespace flatlan::tunnel {

/// A queue of a TUN device with a virtio header (Documentation/networking/tuntap.rst). The device
/// is gone with its last queue.
class TunDevice final : public PacketDevice {
public:
    /// Makes the device, down, in the namespace, with that many queues. Errors: forbidden where
    /// /dev/net/tun may not be opened (it often is root's alone), unsupported where it is missing,
    /// conflict when something else has the name.
    static Result<std::vector<std::unique_ptr<PacketDevice>>> create(const Namespace& network,
                                                                     const InterfaceName& name,
                                                                     std::size_t queues);

    int fd() const override { return fd_.get(); }
    bool clear_error() override;
    std::span<const DevicePacket> receive() override;
    int send(const PacketOffload& offload, std::size_t header_bytes,
             std::span<iovec> pieces) override;
    bool leaves_tcp_uncut() const override { return uncut_ != 0; }
    bool leaves_udp_uncut() const override;

private:
    static constexpr std::size_t kPacketsMax = 64;
    static constexpr std::size_t kPacketBytesMax = 65'536;
    /// As many octets are read before what was read is worked on: what is in the cache stays there.
    static constexpr std::size_t kBatchBytes = 65'536;

    TunDevice(UniqueFd fd, unsigned uncut);

    UniqueFd fd_;
    unsigned uncut_;  ///< TUN_F_* that the kernel took
    std::unique_ptr<std::byte[]> buffer_;
    std::array<DevicePacket, kPacketsMax> packets_{};
    /// How many packets are read at a time: about as many as there were the last time, so that one
    /// that comes alone is sent on before the kernel is asked whether there is another.
    std::size_t wanted_ = 1;
    VirtioHeader front_{};
};

}  // namespace flatlan::tunnel
