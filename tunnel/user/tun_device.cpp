#include "tunnel/user/tun_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

// Newer than Debian 12's headers (Linux 6.2, include/uapi/linux/if_tun.h).
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

namespace flatlan::tunnel {
namespace {

constexpr unsigned kTcpUncut = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
constexpr unsigned kUdpUncut = TUN_F_USO4 | TUN_F_USO6;

Result<UniqueFd> open_queue(const InterfaceName& name, std::size_t queues) {
    UniqueFd fd{::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)};
    if (!fd) {
        Error error = Error::from_errno(errno, "open /dev/net/tun");
        if (error.code() == ErrorCode::not_found)
            return std::move(error).as(ErrorCode::unsupported);
        return std::move(error).expecting("rights on /dev/net/tun, or the user backend over veth");
    }
    ifreq request{};
    name.text().copy(request.ifr_name, InterfaceName::kSizeMax);
    request.ifr_flags =
        static_cast<short>(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0));
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
        Error error = Error::from_errno(errno, "make the TUN device '" + name.text() + "'");
        if (error.system_errno() == EBUSY || error.system_errno() == EINVAL)
            return std::move(error)
                .as(ErrorCode::conflict)
                .expecting("no other interface of that name");
        return error;
    }
    return fd;
}

/// The most that the kernel takes.
unsigned set_uncut(const UniqueFd& fd) {
    for (const unsigned uncut : {kTcpUncut | kUdpUncut, kTcpUncut})
        if (::ioctl(fd.get(), TUNSETOFFLOAD, static_cast<unsigned long>(uncut)) == 0) return uncut;
    return 0;
}

}  // namespace

TunDevice::TunDevice(UniqueFd fd, unsigned uncut)
    : fd_{std::move(fd)},
      uncut_{uncut},
      buffer_{std::make_unique_for_overwrite<std::byte[]>(kBatchBytes + kPacketBytesMax)} {}

Result<std::vector<std::unique_ptr<PacketDevice>>> TunDevice::create(const Namespace& network,
                                                                     const InterfaceName& name,
                                                                     std::size_t queues) {
    return run_in(network, [&]() -> Result<std::vector<std::unique_ptr<PacketDevice>>> {
        std::vector<std::unique_ptr<PacketDevice>> devices;
        for (std::size_t queue = 0; queue < queues; ++queue) {
            FLATLAN_TRY(fd, open_queue(name, queues));
            const unsigned uncut = set_uncut(fd);
            devices.push_back(std::unique_ptr<PacketDevice>{new TunDevice{std::move(fd), uncut}});
        }
        return devices;
    });
}

bool TunDevice::leaves_udp_uncut() const { return (uncut_ & kUdpUncut) != 0; }

bool TunDevice::clear_error() {
    ifreq request{};
    return ::ioctl(fd_.get(), TUNGETIFF, &request) == 0;
}

std::span<const DevicePacket> TunDevice::receive() {
    std::size_t count = 0;
    std::size_t used = 0;
    const std::size_t wanted = wanted_;
    wanted_ = std::min(2 * wanted, kPacketsMax);
    while (count < wanted && used < kBatchBytes) {
        VirtioHeader header{};
        std::array<iovec, 2> pieces{
            {{&header, sizeof header}, {buffer_.get() + used, kPacketBytesMax}}};
        const ssize_t got = ::readv(fd_.get(), pieces.data(), pieces.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < static_cast<ssize_t>(sizeof header)) {
            wanted_ = std::max<std::size_t>(count, 1);
            break;
        }
        const std::size_t size = static_cast<std::size_t>(got) - sizeof header;
        packets_[count++] = {offload_from(header, 0), {buffer_.get() + used, size}};
        used += size;
    }
    return {packets_.data(), count};
}

int TunDevice::send(const PacketOffload& offload, std::size_t header_bytes,
                    std::span<iovec> pieces) {
    front_ = virtio_header_of(offload, 0, header_bytes);
    pieces[0] = {&front_, sizeof front_};
    for (;;) {
        if (::writev(fd_.get(), pieces.data(), static_cast<int>(pieces.size())) >= 0) return 0;
        if (errno != EINTR) return errno;
    }
}

}  // namespace flatlan::tunnel
