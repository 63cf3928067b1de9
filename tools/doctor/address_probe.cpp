#include "tools/doctor/address_probe.hpp"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "overlay/linux/boot.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/wire/arp.hpp"

namespace flatlan::doctor {
namespace {

using tunnel::ArpOperation;
using tunnel::ArpPacket;

sockaddr_ll everyone_on(const Link& link) {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ARP);
    to.sll_ifindex = static_cast<int>(link.index.value());
    to.sll_halen = ETH_ALEN;
    std::memset(to.sll_addr, 0xff, ETH_ALEN);
    return to;
}

/// A probe has no sender's address; the answer says whose the target is.
Result<void> send_probe(int socket, const Link& link, Ipv4Address address) {
    const ArpPacket probe{.operation = ArpOperation::request,
                          .sender_mac = *link.mac,
                          .sender = Ipv4Address{},
                          .target_mac = {},
                          .target = address};
    std::array<std::byte, ArpPacket::kSizeBytes> octets{};
    probe.write(octets);
    const sockaddr_ll to = everyone_on(link);
    if (::sendto(socket, octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                 sizeof to) < 0)
        return Error::from_errno(errno, "send an ARP probe");
    return success();
}

}  // namespace

Result<std::optional<MacAddress>> find_other_owner(const Link& link, Ipv4Address address,
                                                   const std::vector<MacAddress>& own,
                                                   Duration limit) {
    if (!link.mac)
        return Error{ErrorCode::unsupported,
                     "'" + link.name.text() + "' has no Ethernet addresses"};
    const UniqueFd socket{
        ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP))};
    if (!socket) return Error::from_errno(errno, "open a packet socket");
    const sockaddr_ll here = everyone_on(link);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
        return Error::from_errno(errno, "bind a packet socket");
    FLATLAN_TRY_VOID(send_probe(socket.get(), link, address));

    const Instant deadline = boot_time_now() + limit;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - boot_time_now()).count();
        pollfd wait{.fd = socket.get(), .events = POLLIN, .revents = 0};
        if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0)
            return std::optional<MacAddress>{};
        std::array<std::byte, ETH_FRAME_LEN> octets{};
        const ssize_t size = ::recv(socket.get(), octets.data(), octets.size(), 0);
        if (size < 0) continue;
        const auto packet =
            ArpPacket::parse(std::span{octets}.first(static_cast<std::size_t>(size)));
        if (packet && packet->sender == address &&
            std::find(own.begin(), own.end(), packet->sender_mac) == own.end())
            return std::optional{packet->sender_mac};
    }
}

}  // namespace flatlan::doctor
