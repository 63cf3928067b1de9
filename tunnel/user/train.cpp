#include "tunnel/user/train.hpp"

#include <algorithm>
#include <optional>

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/tcp.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kIpv4SizeAt = 2;  // octets from the start of an IPv4 header
constexpr std::size_t kIpv4IdentificationAt = 4;
constexpr std::size_t kIpv4AddressesAt = 12;
constexpr std::byte kIpv4DontFragment{0x40};
constexpr std::size_t kIpv6NextHeaderAt = 6;
constexpr std::size_t kTcpDataOffsetAt = 12;

std::uint16_t u16_at(std::span<const std::byte> octets, std::size_t at) {
    return ByteReader{octets.subspan(at, 2)}.u16();
}

std::uint32_t u32_at(std::span<const std::byte> octets, std::size_t at) {
    return ByteReader{octets.subspan(at, 4)}.u32();
}

void put_u16(std::span<std::byte> octets, std::size_t at, std::size_t value) {
    ByteWriter{octets.subspan(at, 2)}.u16(static_cast<std::uint16_t>(value));
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b, std::size_t from,
          std::size_t to) {
    return std::equal(a.begin() + static_cast<std::ptrdiff_t>(from),
                      a.begin() + static_cast<std::ptrdiff_t>(to),
                      b.begin() + static_cast<std::ptrdiff_t>(from));
}

/// Of the packet's TCP or UDP header and what follows.
InternetChecksum pseudo_header_of(std::span<const std::byte> packet, std::size_t ip_bytes,
                                  IpProtocol protocol) {
    InternetChecksum sum;
    const bool ipv4 = std::to_integer<unsigned>(packet[0]) >> 4U == 4;
    sum.add(ipv4 ? packet.subspan(kIpv4AddressesAt, 8)
                 : packet.subspan(8, Ipv6Header::kSizeBytes - 8));
    sum.add_u16(static_cast<std::uint16_t>(protocol));
    sum.add_u16(static_cast<std::uint16_t>(packet.size() - ip_bytes));
    return sum;
}

bool checksum_holds(std::span<const std::byte> packet, std::size_t ip_bytes, IpProtocol protocol) {
    InternetChecksum sum = pseudo_header_of(packet, ip_bytes, protocol);
    sum.add(packet.subspan(ip_bytes));
    return sum.holds();
}

struct Upper {
    IpProtocol protocol{};
    std::size_t ip_bytes = 0;
    bool has_options = false;
};

/// The TCP or UDP header of a packet that is whole and has nothing in front of it that we skip.
std::optional<Upper> upper_of(const IpPacket& header) {
    Upper upper;
    if (const Ipv4Header* ipv4 = header.ipv4()) {
        if (ipv4->is_fragment()) return std::nullopt;
        upper = {ipv4->protocol, ipv4->header_size_bytes,
                 ipv4->header_size_bytes != Ipv4Header::kSizeBytes};
    } else {
        upper = {header.ipv6()->next_header, Ipv6Header::kSizeBytes};
    }
    if (upper.protocol != IpProtocol::tcp && upper.protocol != IpProtocol::udp) return std::nullopt;
    return upper;
}

}  // namespace

void Train::clear() {
    packets_.clear();
    open_ = false;
}

void Train::start(const IpPacket& header, std::span<const std::byte> packet,
                  std::size_t segment_bytes) {
    packets_.push_back(packet);
    kind_ = Kind::alone;
    open_ = false;
    checksum_missing_ = false;
    ipv4_ = header.family() == IpFamily::ipv4;
    size_bytes_ = packet.size();
    const auto upper = upper_of(header);
    if (!upper) return;
    ip_bytes_ = upper->ip_bytes;
    const bool tcp = upper->protocol == IpProtocol::tcp;
    const auto body = packet.subspan(ip_bytes_);
    if (body.size() < (tcp ? TcpHeader::kSizeBytes : UdpHeader::kSizeBytes)) return;
    header_bytes_ = ip_bytes_ + (tcp ? std::to_integer<std::size_t>(body[kTcpDataOffsetAt] >> 4) * 4
                                     : UdpHeader::kSizeBytes);
    if (header_bytes_ > packet.size() ||
        header_bytes_ < ip_bytes_ + (tcp ? TcpHeader::kSizeBytes : UdpHeader::kSizeBytes))
        return;
    checksum_offset_ = tcp ? TcpHeader::kChecksumAt : UdpHeader::kChecksumAt;
    const std::uint16_t field = u16_at(body, checksum_offset_);
    if (!tcp && field == 0) return;
    // A packet that was never cut is large, and need not be read to see that it lacks its checksum.
    const auto pseudo = pseudo_header_of(packet, ip_bytes_, upper->protocol);
    checksum_missing_ = field == static_cast<std::uint16_t>(~pseudo.value());
    if (checksum_missing_ || !checksum_holds(packet, ip_bytes_, upper->protocol)) {
        kind_ = tcp ? Kind::tcp : Kind::udp;
        segment_bytes_ = 0;
        if (packet.size() > packet_bytes_max_)
            segment_bytes_ = segment_bytes != 0 ? segment_bytes : packet_bytes_max_ - header_bytes_;
        return;
    }
    segment_bytes_ = packet.size() - header_bytes_;
    if (segment_bytes_ == 0 || upper->has_options || header_bytes_ > kHeaderBytesMax) return;
    if (tcp) {
        const auto flags = std::to_integer<std::uint8_t>(body[TcpHeader::kFlagsAt]);
        if (!kinds_.tcp || flags != TcpFlags::kAck) return;
    } else if (!kinds_.udp || u16_at(body, UdpHeader::kSizeAt) != body.size()) {
        return;
    }
    kind_ = tcp ? Kind::tcp : Kind::udp;
    open_ = true;
}

bool Train::append(std::span<const std::byte> packet) {
    if (!open_ || packets_.full() || !continues(packet)) return false;
    const std::size_t payload = packet.size() - header_bytes_;
    if (size_bytes_ + payload > kSizeBytesMax) return false;
    packets_.push_back(packet);
    size_bytes_ += payload;
    const bool pushed = kind_ == Kind::tcp && (packet[ip_bytes_ + TcpHeader::kFlagsAt] &
                                               std::byte{TcpFlags::kPsh}) != std::byte{0};
    if (payload < segment_bytes_ || pushed) open_ = false;
    return true;
}

bool Train::continues(std::span<const std::byte> packet) const {
    if (packet.size() <= header_bytes_ || packet.size() - header_bytes_ > segment_bytes_)
        return false;
    if (!same_ip(packet)) return false;
    if (kind_ == Kind::tcp)
        return same_tcp(packet) && checksum_holds(packet, ip_bytes_, IpProtocol::tcp);
    const auto udp = packet.subspan(ip_bytes_);
    return same(packets_[0], packet, ip_bytes_, ip_bytes_ + UdpHeader::kSizeAt) &&
           u16_at(udp, UdpHeader::kSizeAt) == udp.size() &&
           u16_at(udp, UdpHeader::kChecksumAt) != 0 &&
           checksum_holds(packet, ip_bytes_, IpProtocol::udp);
}

bool Train::same_ip(std::span<const std::byte> packet) const {
    const auto first = packets_[0];
    if (!ipv4_) return same(first, packet, 0, 4) && same(first, packet, 6, Ipv6Header::kSizeBytes);
    if (!same(first, packet, 0, kIpv4SizeAt) ||
        !same(first, packet, Ipv4Header::kFragmentAt, Ipv4Header::kChecksumAt) ||
        !same(first, packet, kIpv4AddressesAt, Ipv4Header::kSizeBytes))
        return false;
    const std::uint16_t was = u16_at(first, kIpv4IdentificationAt);
    const std::uint16_t is = u16_at(packet, kIpv4IdentificationAt);
    const bool fixed = (first[Ipv4Header::kFragmentAt] & kIpv4DontFragment) != std::byte{0};
    return is == static_cast<std::uint16_t>(was + packets_.size()) || (fixed && is == was);
}

bool Train::same_tcp(std::span<const std::byte> packet) const {
    const auto first = packets_[0].subspan(ip_bytes_);
    const auto tcp = packet.subspan(ip_bytes_);
    const auto expected = static_cast<std::uint32_t>(u32_at(first, TcpHeader::kSequenceAt) +
                                                     packets_.size() * segment_bytes_);
    const auto flags = std::to_integer<unsigned>(tcp[TcpHeader::kFlagsAt]);
    return same(first, tcp, 0, TcpHeader::kSequenceAt) &&
           u32_at(tcp, TcpHeader::kSequenceAt) == expected &&
           same(first, tcp, TcpHeader::kAcknowledgmentAt, TcpHeader::kFlagsAt) &&
           (flags & ~unsigned{TcpFlags::kPsh}) == TcpFlags::kAck &&
           same(first, tcp, TcpHeader::kWindowAt, TcpHeader::kChecksumAt) &&
           same(first, tcp, TcpHeader::kSizeBytes, header_bytes_ - ip_bytes_);
}

std::span<const std::byte> Train::finish_header() {
    const auto first = packets_[0].first(header_bytes_);
    std::copy(first.begin(), first.end(), header_.begin());
    const std::span header{header_.data(), header_bytes_};
    const auto upper = header.subspan(ip_bytes_);
    if (ipv4_) {
        const auto ip = header.first(ip_bytes_);
        put_u16(ip, kIpv4SizeAt, size_bytes_);
        put_u16(ip, Ipv4Header::kChecksumAt, 0);
        put_u16(ip, Ipv4Header::kChecksumAt, internet_checksum(ip));
    } else {
        put_u16(header, Ipv6Header::kPayloadSizeAt, size_bytes_ - Ipv6Header::kSizeBytes);
    }
    if (kind_ == Kind::tcp)
        upper[TcpHeader::kFlagsAt] |=
            packets_[packets_.size() - 1][ip_bytes_ + TcpHeader::kFlagsAt];
    else
        put_u16(upper, UdpHeader::kSizeAt, size_bytes_ - ip_bytes_);

    InternetChecksum pseudo;
    pseudo.add(ipv4_ ? header.subspan(kIpv4AddressesAt, 8)
                     : header.subspan(8, Ipv6Header::kSizeBytes - 8));
    pseudo.add_u16(
        static_cast<std::uint16_t>(kind_ == Kind::tcp ? IpProtocol::tcp : IpProtocol::udp));
    pseudo.add_u16(static_cast<std::uint16_t>(size_bytes_ - ip_bytes_));
    put_u16(upper, checksum_offset_, static_cast<std::uint16_t>(~pseudo.value()));
    return header;
}

PacketOffload Train::offload() const {
    PacketOffload offload;
    if (packets_.size() == 1 && !checksum_missing_) return offload;
    offload.checksum_missing = true;
    offload.checksum_start = static_cast<std::uint16_t>(ip_bytes_);
    offload.checksum_offset = checksum_offset_;
    if (packets_.size() == 1 && segment_bytes_ == 0) return offload;
    if (kind_ == Kind::tcp)
        offload.cut = ipv4_ ? PacketOffload::Cut::tcp4 : PacketOffload::Cut::tcp6;
    else
        offload.cut = PacketOffload::Cut::udp;
    offload.segment_bytes = static_cast<std::uint16_t>(segment_bytes_);
    return offload;
}

}  // namespace flatlan::tunnel
