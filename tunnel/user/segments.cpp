#include "tunnel/user/segments.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/tcp.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kIdentificationAt = 4;  // of an IPv4 header (RFC 791, section 3.1)
constexpr std::size_t kTotalSizeAt = 2;
constexpr std::size_t kTcpDataOffsetAt = 12;

std::uint16_t u16_at(std::span<const std::byte> octets, std::size_t at) {
    return ByteReader{octets.subspan(at)}.u16();
}

void put_u16(std::span<std::byte> octets, std::size_t at, std::size_t value) {
    ByteWriter{octets.subspan(at)}.u16(static_cast<std::uint16_t>(value));
}

/// Of the TCP or UDP header at `at`; 0 when it is not all there.
std::size_t upper_header_bytes(PacketOffload::Cut cut, std::span<const std::byte> packet,
                               std::size_t at) {
    if (cut == PacketOffload::Cut::udp)
        return packet.size() >= at + UdpHeader::kSizeBytes ? UdpHeader::kSizeBytes : 0;
    if (packet.size() < at + TcpHeader::kSizeBytes) return 0;
    const auto size = std::to_integer<std::size_t>(packet[at + kTcpDataOffsetAt] >> 4) * 4;
    return size >= TcpHeader::kSizeBytes && packet.size() >= at + size ? size : 0;
}

void write_ip(std::span<std::byte> header, std::size_t index, std::size_t size_bytes) {
    if (std::to_integer<unsigned>(header[0]) >> 4U == 6) {
        put_u16(header, Ipv6Header::kPayloadSizeAt, size_bytes - Ipv6Header::kSizeBytes);
        return;
    }
    const auto ip = header.first(std::to_integer<std::size_t>(header[0] & std::byte{0xf}) * 4);
    put_u16(ip, kTotalSizeAt, size_bytes);
    put_u16(ip, kIdentificationAt, u16_at(ip, kIdentificationAt) + index);
    put_u16(ip, Ipv4Header::kChecksumAt, 0);
    put_u16(ip, Ipv4Header::kChecksumAt, internet_checksum(ip));
}

}  // namespace

Parsed<Segments> Segments::from(std::span<const std::byte> packet, const PacketOffload& offload) {
    Segments segments{packet, offload};
    if (packet.empty()) return DropReason::truncated;
    if (!offload.checksum_missing) {
        segments.step_bytes_ = packet.size();
        return segments;
    }
    const std::size_t start = offload.checksum_start;
    if (offload.cut == PacketOffload::Cut::none) {
        segments.header_bytes_ = segments.checksum_at() + 2;
    } else {
        const std::size_t upper = upper_header_bytes(offload.cut, packet, start);
        const bool ipv4 = std::to_integer<unsigned>(packet[0]) >> 4U == 4;
        if (upper == 0 || start < (ipv4 ? Ipv4Header::kSizeBytes : Ipv6Header::kSizeBytes))
            return DropReason::bad_header_length;
        if (ipv4 && start < std::to_integer<std::size_t>(packet[0] & std::byte{0xf}) * 4)
            return DropReason::bad_header_length;
        segments.header_bytes_ = start + upper;
    }
    if (segments.header_bytes_ > std::min(packet.size(), kHeaderBytesMax) ||
        segments.checksum_at() + 2 > segments.header_bytes_)
        return DropReason::bad_header_length;

    const std::size_t payload = packet.size() - segments.header_bytes_;
    segments.step_bytes_ =
        offload.cut == PacketOffload::Cut::none ? payload : offload.segment_bytes;
    if (segments.step_bytes_ == 0 && payload > 0) return DropReason::bad_header_length;
    if (payload > 0) segments.count_ = (payload + segments.step_bytes_ - 1) / segments.step_bytes_;
    return segments;
}

std::span<const std::byte> Segments::payload(std::size_t index) const {
    const auto all = packet_.subspan(header_bytes_);
    const std::size_t at = index * step_bytes_;
    return all.subspan(at, std::min(step_bytes_, all.size() - at));
}

void Segments::adapt(std::size_t index, std::span<std::byte> header) const {
    const std::size_t size = size_bytes(index);
    const auto upper = header.subspan(offload_.checksum_start);
    write_ip(header, index, size);
    if (offload_.cut == PacketOffload::Cut::udp) {
        put_u16(upper, UdpHeader::kSizeAt, size - offload_.checksum_start);
        return;
    }
    const std::uint32_t sequence = ByteReader{upper.subspan(TcpHeader::kSequenceAt)}.u32();
    ByteWriter{upper.subspan(TcpHeader::kSequenceAt)}.u32(
        sequence + static_cast<std::uint32_t>(index * step_bytes_));
    // What ends a message is in its last packet alone, and what was reduced is told once (RFC
    // 3168).
    if (index + 1 < count_)
        upper[TcpHeader::kFlagsAt] &= ~std::byte{TcpFlags::kFin | TcpFlags::kPsh};
    if (index > 0) upper[TcpHeader::kFlagsAt] &= ~std::byte{TcpFlags::kCwr};
}

template <typename Sum>
void Segments::write_with(std::size_t index, std::span<std::byte> header, Sum sum_payload) const {
    const auto template_header = packet_.first(header_bytes_);
    std::copy(template_header.begin(), template_header.end(), header.begin());
    InternetChecksum sum;
    if (offload_.cut != PacketOffload::Cut::none) {
        adapt(index, header);
        // The field holds the pseudo header's sum with the length of the whole; of it, the
        // difference to this segment's length is taken off.
        sum.add_u16(static_cast<std::uint16_t>(~(packet_.size() - offload_.checksum_start)));
        sum.add_u16(static_cast<std::uint16_t>(size_bytes(index) - offload_.checksum_start));
    }
    sum.add(header.subspan(offload_.checksum_start));
    sum_payload(sum);
    const bool udp = offload_.checksum_offset == UdpHeader::kChecksumAt;
    put_u16(header, checksum_at(), udp ? udp_checksum(sum) : sum.value());
}

void Segments::write_header(std::size_t index, std::span<std::byte> out) const {
    if (header_bytes_ == 0) return;
    write_with(index, out.first(header_bytes_),
               [&](InternetChecksum& sum) { sum.add(payload(index)); });
}

void Segments::write(std::size_t index, std::span<std::byte> out) const {
    const auto piece = payload(index);
    const auto body = out.subspan(header_bytes_, piece.size());
    if (header_bytes_ == 0) {
        std::copy(piece.begin(), piece.end(), body.begin());
        return;
    }
    write_with(index, out.first(header_bytes_),
               [&](InternetChecksum& sum) { sum.add_copied(body, piece); });
}

}  // namespace flatlan::tunnel
