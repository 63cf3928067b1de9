#include "tunnel/user/veth_device.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <cerrno>
#include <cstring>

#include "overlay/base/undo.hpp"
#include "overlay/linux/veth.hpp"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23  // Linux 4.20, include/uapi/linux/if_packet.h
#endif

namespace flatlan::tunnel {
namespace {

constexpr std::uint64_t kGatewayMacSeed = 0xf1a7'0001;
constexpr std::uint64_t kFarMacSeed = 0xf1a7'0002;
/// As of the receiving sockets in the underlay (udp_sockets.cpp).
constexpr int kBufferBytes = 4 << 20;
constexpr std::uint16_t kFanoutGroup = 1;  // of one namespace, in which there is one tunnel

InterfaceName far_name(const InterfaceName& near) {
    return InterfaceName{near.text().substr(0, InterfaceName::kSizeMax - 1) + "u"};
}

Result<void> set_option(const UniqueFd& socket, int option, int value, const char* attempt) {
    if (::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value) != 0)
        return Error::from_errno(errno, attempt);
    return success();
}

Error name_taken_or_other(Error error, const InterfaceName& near, const InterfaceName& far) {
    if (error.code() != ErrorCode::already_exists) return error;
    return std::move(error)
        .as(ErrorCode::conflict)
        .expecting("no other interface '" + near.text() + "' or '" + far.text() + "'");
}

Result<UniqueFd> open_queue(IfIndex device, std::size_t queues) {
    UniqueFd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return Error::from_errno(errno, "open a packet socket");
    FLATLAN_TRY_VOID(set_option(socket, PACKET_VNET_HDR, 1, "set PACKET_VNET_HDR"));
    FLATLAN_TRY_VOID(set_option(socket, PACKET_IGNORE_OUTGOING, 1, "set PACKET_IGNORE_OUTGOING"));
    FLATLAN_TRY_VOID(set_option(socket, PACKET_QDISC_BYPASS, 1, "set PACKET_QDISC_BYPASS"));
    for (const int option : {SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE})
        static_cast<void>(
            ::setsockopt(socket.get(), SOL_SOCKET, option, &kBufferBytes, sizeof kBufferBytes));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = device.value();
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return Error::from_errno(errno, "bind a packet socket");
    if (queues > 1)
        FLATLAN_TRY_VOID(set_option(socket, PACKET_FANOUT, kFanoutGroup | PACKET_FANOUT_HASH << 16,
                                    "join the packet sockets"));
    return socket;
}

}  // namespace

MacAddress veth_gateway_mac() { return MacAddress::local_from(kGatewayMacSeed); }

VethDevice::VethDevice(UniqueFd fd, const MacAddress& near, const MacAddress& far)
    : fd_{std::move(fd)},
      near_{near},
      far_{far},
      buffers_{std::make_unique_for_overwrite<std::byte[]>(kPacketsMax * kFrameBytesMax)} {
    for (std::size_t i = 0; i < kPacketsMax; ++i) {
        pieces_[i] = {{{&virtio_[i], sizeof virtio_[i]},
                       {buffers_.get() + i * kFrameBytesMax, kFrameBytesMax}}};
        headers_[i].msg_hdr.msg_iov = pieces_[i].data();
        headers_[i].msg_hdr.msg_iovlen = pieces_[i].size();
    }
}

Result<void> VethDevice::remove_leftover(Netlink& netlink, const InterfaceName& name) {
    FLATLAN_TRY(near, find_link(netlink, name));
    FLATLAN_TRY(far, find_link(netlink, far_name(name)));
    const bool is_ours = near && far && near->kind == "veth" && near->peer == far->index &&
                         far->peer == near->index &&
                         far->mac == MacAddress::local_from(kFarMacSeed);
    if (!is_ours) return success();
    return remove_link(netlink, near->index);
}

Result<std::vector<std::unique_ptr<PacketDevice>>> VethDevice::create(const Namespace& network,
                                                                      const InterfaceName& name,
                                                                      const MacAddress& mac,
                                                                      LinkMtu mtu,
                                                                      std::size_t queues) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    const InterfaceName far = far_name(name);
    const MacAddress far_mac = MacAddress::local_from(kFarMacSeed);
    if (auto made = create_veth(netlink, {.near = {name, mac}, .far = {far, far_mac}, .mtu = mtu});
        !made)
        return name_taken_or_other(std::move(made).error(), name, far);
    Undo take_away{[&] { static_cast<void>(remove_link(netlink, name)); }};
    NetlinkBatch batch;
    // Without an address of its own the far end says nothing by itself.
    set_link(batch, far, {.up = true, .no_link_local = true});
    set_link(batch, name, {.up = true, .no_link_local = true});
    FLATLAN_TRY_VOID(netlink.execute(batch));
    FLATLAN_TRY(link, get_link(netlink, far));

    auto devices = run_in(network, [&]() -> Result<std::vector<std::unique_ptr<PacketDevice>>> {
        std::vector<std::unique_ptr<PacketDevice>> opened;
        for (std::size_t queue = 0; queue < queues; ++queue) {
            FLATLAN_TRY(fd, open_queue(link.index, queues));
            opened.push_back(
                std::unique_ptr<PacketDevice>{new VethDevice{std::move(fd), mac, far_mac}});
        }
        return opened;
    });
    if (devices) take_away.disarm();
    return devices;
}

// An interface that goes down leaves ENETDOWN behind, whether it comes back or not.
bool VethDevice::clear_error() {
    int error = 0;
    socklen_t size = sizeof error;
    static_cast<void>(::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size));
    sockaddr_ll bound{};
    size = sizeof bound;
    return ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0 &&
           bound.sll_ifindex > 0;
}

std::span<const DevicePacket> VethDevice::receive() {
    const int received = ::recvmmsg(fd_.get(), headers_.data(), kPacketsMax, MSG_DONTWAIT, nullptr);
    if (received <= 0) return {};
    std::size_t count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
        const std::size_t size = headers_[i].msg_len;
        if (size < kFrontBytes) continue;
        packets_[count++] = {
            offload_from(virtio_[i], EthernetHeader::kSizeBytes),
            {buffers_.get() + i * kFrameBytesMax + EthernetHeader::kSizeBytes, size - kFrontBytes}};
    }
    return {packets_.data(), count};
}

int VethDevice::send(const PacketOffload& offload, std::size_t header_bytes,
                     std::span<iovec> pieces) {
    const auto virtio = virtio_header_of(offload, EthernetHeader::kSizeBytes, header_bytes);
    std::memcpy(front_.data(), &virtio, sizeof virtio);
    const auto version = *static_cast<const std::byte*>(pieces[1].iov_base) >> 4;
    const EtherType type = version == std::byte{4} ? EtherType::ipv4 : EtherType::ipv6;
    EthernetHeader{near_, far_, type}.write(std::span{front_}.last<EthernetHeader::kSizeBytes>());
    pieces[0] = {front_.data(), front_.size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    for (;;) {
        if (::sendmsg(fd_.get(), &message, MSG_DONTWAIT) >= 0) return 0;
        if (errno != EINTR) return errno;
    }
}

}  // namespace flatlan::tunnel
