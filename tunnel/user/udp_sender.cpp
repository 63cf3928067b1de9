#include "tunnel/user/udp_sender.hpp"

#include <netinet/udp.h>

#include <cerrno>
#include <cstring>

namespace flatlan::tunnel {
namespace {

template <typename Value>
void put_control(msghdr& header, std::byte* at, int level, int type, Value value) {
    auto* const control = reinterpret_cast<cmsghdr*>(at);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(control), &value, sizeof value);
    header.msg_controllen += CMSG_SPACE(sizeof value);
}

}  // namespace

UdpSender::UdpSender(std::vector<UniqueFd> sockets, Port port, Engine& engine)
    : sockets_{std::move(sockets)},
      port_{port},
      engine_{engine},
      cuts_{cuts_datagrams(sockets_.front())},
      arena_(kArenaBytes) {}

std::span<std::byte> UdpSender::take_arena(std::size_t count) {
    const auto taken = std::span{arena_}.subspan(arena_used_, count);
    arena_used_ += count;
    return taken;
}

void UdpSender::add(const WayOut& way, const Segments& segments) {
    for (std::size_t i = 0; i < segments.count(); ++i) {
        const auto payload = segments.payload(i);
        const std::size_t datagram_bytes = kEncapsulationBytes + segments.size_bytes(i);
        Message& message = message_for(way, datagram_bytes, payload.size() > kCopiedBytesMax);
        const bool gathered = message.pieces_per_datagram == 2;
        const auto front = take_arena(
            kEncapsulationBytes + (gathered ? segments.header_bytes() : segments.size_bytes(i)));
        std::memcpy(front.data(), way.heading.data(), kEncapsulationBytes);
        if (gathered)
            segments.write_header(i, front.subspan(kEncapsulationBytes));
        else
            segments.write(i, front.subspan(kEncapsulationBytes));
        append(message, front, gathered ? payload : std::span<const std::byte>{});
    }
}

void UdpSender::add(const Transmit& transmit) {
    const auto octets = transmit.datagram.bytes();
    FLATLAN_CHECK(octets.size() <= kArenaBytes);
    if (message_count_ == kMessagesMax || piece_count_ == kPiecesMax ||
        arena_used_ + octets.size() > kArenaBytes)
        flush();
    Message& message =
        new_message(transmit.to, transmit.source_port, transmit.traffic_class.octet());
    const auto copy = take_arena(octets.size());
    std::memcpy(copy.data(), octets.data(), octets.size());
    append(message, copy, {});
    message.counted = transmit.counted;
    message.open = false;
}

bool UdpSender::fits(const Message& message, const WayOut& way, std::size_t datagram_bytes) const {
    return message.open && message.peer == way.peer &&
           message.socket == way.source_port.value() % sockets_.size() &&
           message.traffic_class == way.traffic_class.octet() &&
           datagram_bytes <= message.datagram_bytes && message.datagrams < kDatagramsMax &&
           message.size_bytes + datagram_bytes <= kMessageBytesMax;
}

UdpSender::Message& UdpSender::message_for(const WayOut& way, std::size_t datagram_bytes,
                                           bool gathered) {
    // In the arena stands a datagram's header, or a small one whole; in a message of small ones the
    // last may be no larger than the others.
    const std::size_t arena_bytes =
        kEncapsulationBytes + Segments::kHeaderBytesMax + kCopiedBytesMax;
    if (piece_count_ + 2 > kPiecesMax || arena_used_ + arena_bytes > kArenaBytes) flush();
    if (message_count_ > 0 && fits(messages_[message_count_ - 1], way, datagram_bytes))
        return messages_[message_count_ - 1];
    if (message_count_ == kMessagesMax) flush();
    Message& message = new_message(way.to, way.source_port, way.traffic_class.octet());
    message.peer = way.peer;
    message.datagram_bytes = datagram_bytes;
    message.pieces_per_datagram = gathered ? 2 : 1;
    message.open = cuts_;
    return message;
}

UdpSender::Message& UdpSender::new_message(const IpAddress& to, Port source_port,
                                           std::uint8_t traffic_class) {
    Message& message = messages_[message_count_++];
    message = {.to = SocketAddress::from(to, port_),
               .socket = source_port.value() % sockets_.size(),
               .traffic_class = traffic_class,
               .pieces = &pieces_[piece_count_]};
    return message;
}

void UdpSender::append(Message& message, std::span<const std::byte> front,
                       std::span<const std::byte> back) {
    const std::size_t size = front.size() + back.size();
    pieces_[piece_count_++] = {const_cast<std::byte*>(front.data()), front.size()};
    if (message.pieces_per_datagram == 2)
        pieces_[piece_count_++] = {const_cast<std::byte*>(back.data()), back.size()};
    ++message.datagrams;
    message.size_bytes += size;
    if (size < message.datagram_bytes) message.open = false;
}

msghdr UdpSender::header_of(Message& message, std::size_t datagrams, iovec* pieces,
                            Control& control) {
    msghdr header{};
    header.msg_name = message.to.get();
    header.msg_namelen = message.to.size_bytes;
    header.msg_iov = pieces;
    header.msg_iovlen = datagrams * message.pieces_per_datagram;
    header.msg_control = control.octets.data();
    if (datagrams > 1)
        put_control(header, control.octets.data(), IPPROTO_UDP, UDP_SEGMENT,
                    static_cast<std::uint16_t>(message.datagram_bytes));
    if (message.traffic_class != 0) {
        const bool ipv4 = message.to.storage.sin6_family == AF_INET;
        put_control(header, control.octets.data() + header.msg_controllen,
                    ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_TOS : IPV6_TCLASS,
                    int{message.traffic_class});
    }
    if (header.msg_controllen == 0) header.msg_control = nullptr;
    return header;
}

void UdpSender::flush() {
    std::size_t first = 0;
    for (std::size_t i = 0; i < message_count_; ++i) {
        Message& message = messages_[i];
        headers_[i].msg_hdr = header_of(message, message.datagrams, message.pieces, controls_[i]);
        if (i > first && message.socket != messages_[first].socket) {
            send(first, i);
            first = i;
        }
    }
    if (first < message_count_) send(first, message_count_);
    message_count_ = piece_count_ = arena_used_ = 0;
}

void UdpSender::send(std::size_t first, std::size_t end) {
    while (first < end) {
        Message& message = messages_[first];
        const int sent = ::sendmmsg(sockets_[message.socket].get(), &headers_[first],
                                    static_cast<unsigned>(end - first), MSG_DONTWAIT);
        if (sent > 0) {
            for (const std::size_t done = first + static_cast<std::size_t>(sent); first < done;
                 ++first)
                count(messages_[first], messages_[first].datagrams, true);
            continue;
        }
        if (errno == EINTR) continue;
        // EIO: the device under the tunnel cannot sum up, so the kernel does not cut either.
        if (errno == EIO && message.datagrams > 1) cuts_ = false;
        if (message.datagrams > 1 && (errno == EIO || errno == EINVAL))
            send_singly(message);
        else
            count(message, message.datagrams, false);
        ++first;
    }
}

void UdpSender::send_singly(Message& message) {
    Control control;
    for (std::size_t i = 0; i < message.datagrams; ++i) {
        const msghdr header =
            header_of(message, 1, message.pieces + i * message.pieces_per_datagram, control);
        const bool sent = ::sendmsg(sockets_[message.socket].get(), &header, MSG_DONTWAIT) >= 0;
        Message one = message;
        one.size_bytes =
            header.msg_iov[0].iov_len + (header.msg_iovlen > 1 ? header.msg_iov[1].iov_len : 0);
        count(one, 1, sent);
    }
}

void UdpSender::count(const Message& message, std::size_t datagrams, bool sent) {
    if (!message.peer) {
        if (!sent && message.counted) engine_.count_not_sent(*message.counted);
        return;
    }
    if (sent)
        engine_.count_sent(*message.peer, datagrams,
                           message.size_bytes - datagrams * kEncapsulationBytes);
    else
        engine_.count_dropped(message.peer, DropReason::not_sent, datagrams);
}

}  // namespace flatlan::tunnel
