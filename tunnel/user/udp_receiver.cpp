#include "tunnel/user/udp_receiver.hpp"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace flatlan::tunnel {
namespace {

template <typename Value>
Value value_of(const cmsghdr& control) {
    Value value{};
    std::memcpy(&value, CMSG_DATA(&control), sizeof value);
    return value;
}

}  // namespace

UdpReceiver::UdpReceiver(UniqueFd socket)
    : socket_{std::move(socket)},
      buffers_{std::make_unique_for_overwrite<std::byte[]>(kMessagesMax * kBufferBytes)} {
    for (std::size_t i = 0; i < kMessagesMax; ++i) {
        pieces_[i] = {buffers_.get() + i * kBufferBytes, kBufferBytes};
        headers_[i].msg_hdr.msg_name = &names_[i];
        headers_[i].msg_hdr.msg_iov = &pieces_[i];
        headers_[i].msg_hdr.msg_iovlen = 1;
        headers_[i].msg_hdr.msg_control = controls_[i].octets.data();
    }
}

std::size_t UdpReceiver::receive() {
    for (mmsghdr& header : headers_) {
        header.msg_hdr.msg_namelen = sizeof names_[0];
        header.msg_hdr.msg_controllen = sizeof controls_[0].octets;
    }
    const int received =
        ::recvmmsg(socket_.get(), headers_.data(), kMessagesMax, MSG_DONTWAIT, nullptr);
    return received > 0 ? static_cast<std::size_t>(received) : 0;
}

ReceivedMessage UdpReceiver::message(std::size_t index) const {
    const mmsghdr& header = headers_[index];
    ReceivedMessage message{.from = address_from(names_[index]),
                            .traffic_class = {},
                            .datagram_bytes = std::max<std::size_t>(header.msg_len, 1),
                            .joined = false,
                            .octets = {buffers_.get() + index * kBufferBytes, header.msg_len}};
    auto* const first = const_cast<msghdr*>(&header.msg_hdr);
    for (const cmsghdr* at = CMSG_FIRSTHDR(first); at != nullptr;
         at = CMSG_NXTHDR(first, const_cast<cmsghdr*>(at))) {
        if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
            const int size = value_of<int>(*at);
            if (size > 0) message.datagram_bytes = static_cast<std::size_t>(size);
            message.joined = size > 0;
        }
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TOS)
            message.traffic_class = TrafficClass::from_octet(value_of<std::uint8_t>(*at));
        if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_TCLASS)
            message.traffic_class =
                TrafficClass::from_octet(static_cast<std::uint8_t>(value_of<int>(*at)));
    }
    return message;
}

}  // namespace flatlan::tunnel
