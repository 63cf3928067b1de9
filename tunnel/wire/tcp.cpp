#include "tunnel/wire/tcp.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "overlay/base/bytes.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kWordBytes = 4;  // the data offset counts 32-bit words
constexpr unsigned kOffsetShiftBits = 4;

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 8> kFlagNames{{
    {TcpFlags::kFin, "FIN"},
    {TcpFlags::kSyn, "SYN"},
    {TcpFlags::kRst, "RST"},
    {TcpFlags::kPsh, "PSH"},
    {TcpFlags::kAck, "ACK"},
    {TcpFlags::kUrg, "URG"},
    {TcpFlags::kEce, "ECE"},
    {TcpFlags::kCwr, "CWR"},
}};

}  // namespace

std::string to_string(TcpFlags flags) {
    std::string text;
    for (const auto& [bit, name] : kFlagNames) {
        if (!flags.has(bit)) continue;
        if (!text.empty()) text += ' ';
        text += name;
    }
    return text.empty() ? "-" : text;
}

Parsed<TcpHeader> TcpHeader::parse(std::span<const std::byte> segment) {
    ByteReader in{segment};
    TcpHeader header;
    header.source = Port{in.u16()};
    header.destination = Port{in.u16()};
    header.sequence = in.u32();
    header.acknowledgment = in.u32();
    const std::size_t header_size_bytes = (std::size_t{in.u8()} >> kOffsetShiftBits) * kWordBytes;
    header.flags.bits = in.u8();
    header.window = in.u16();
    header.checksum = in.u16();
    header.urgent = in.u16();
    if (in.truncated()) return DropReason::truncated;
    if (header_size_bytes < kSizeBytes) return DropReason::bad_header_length;

    const auto options = in.take(header_size_bytes - kSizeBytes);
    if (in.truncated()) return DropReason::truncated;
    std::copy(options.begin(), options.end(), header.options.begin());
    header.options_size_bytes = static_cast<std::uint8_t>(options.size());
    return header;
}

void TcpHeader::write(std::span<std::byte> out) const {
    FLATLAN_CHECK(options_size_bytes % kWordBytes == 0 && options_size_bytes <= options.size());
    ByteWriter to{out};
    to.u16(source.value());
    to.u16(destination.value());
    to.u32(sequence);
    to.u32(acknowledgment);
    to.u8(static_cast<std::uint8_t>(header_size_bytes() / kWordBytes << kOffsetShiftBits));
    to.u8(flags.bits);
    to.u16(window);
    to.u16(checksum);
    to.u16(urgent);
    to.bytes(std::span{options}.first(options_size_bytes));
}

std::string to_string(const TcpHeader& header) {
    return std::to_string(header.source.value()) + " > " +
           std::to_string(header.destination.value()) + ", " + to_string(header.flags) +
           ", sequence " + std::to_string(header.sequence) + ", acknowledgment " +
           std::to_string(header.acknowledgment) + ", window " + std::to_string(header.window);
}

}  // namespace flatlan::tunnel
