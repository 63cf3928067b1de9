#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/base/network_values.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// The control bits of a TCP segment (RFC 9293, section 3.1), lowest first.
struct TcpFlags {
    static constexpr std::uint8_t kFin = 0x01;
    static constexpr std::uint8_t kSyn = 0x02;
    static constexpr std::uint8_t kRst = 0x04;
    static constexpr std::uint8_t kPsh = 0x08;
    static constexpr std::uint8_t kAck = 0x10;
    static constexpr std::uint8_t kUrg = 0x20;
    static constexpr std::uint8_t kEce = 0x40;
    static constexpr std::uint8_t kCwr = 0x80;

    std::uint8_t bits = 0;

    constexpr bool has(std::uint8_t flags) const { return (bits & flags) == flags; }
    friend constexpr bool operator==(TcpFlags, TcpFlags) = default;
};

/// "SYN ACK", "-" when none is set.
std::string to_string(TcpFlags flags);

/// The TCP header (RFC 9293, section 3.1).
///
///      octet 0          1               2               3
///     +-------------------------------+-------------------------------+
///     |          source port          |       destination port        |
///     +-------------------------------+-------------------------------+
///     |                        sequence number                        |
///     +---------------------------------------------------------------+
///     |                    acknowledgment number                      |
///     +-------+-------+---------------+-------------------------------+
///     | offset|reservd|     flags     |            window             |
///     +-------+-------+---------------+-------------------------------+
///     |           checksum            |        urgent pointer         |
///     +-------------------------------+-------------------------------+
///     |           options, up to a header length of 60 octets         |
///     +---------------------------------------------------------------+
struct TcpHeader {
    static constexpr std::size_t kSizeBytes = 20;     ///< without options
    static constexpr std::size_t kSizeBytesMax = 60;  ///< with as many as there may be
    static constexpr std::size_t kSequenceAt = 4;     ///< octets from the start of the header
    static constexpr std::size_t kAcknowledgmentAt = 8;
    static constexpr std::size_t kFlagsAt = 13;
    static constexpr std::size_t kWindowAt = 14;
    static constexpr std::size_t kChecksumAt = 16;

    Port source = Port::any();
    Port destination = Port::any();
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    TcpFlags flags{};
    std::uint16_t window = 0;
    std::uint16_t checksum = 0;
    std::uint16_t urgent = 0;
    std::uint8_t options_size_bytes = 0;                          ///< a multiple of 4
    std::array<std::byte, kSizeBytesMax - kSizeBytes> options{};  ///< zero after the options' end

    /// Needs the whole header. Options are kept, not read; the checksum is not judged; the four
    /// reserved bits are ignored.
    static Parsed<TcpHeader> parse(std::span<const std::byte> segment);
    /// `out` is at least `header_size_bytes()` long; the reserved bits are written as zero.
    void write(std::span<std::byte> out) const;

    std::size_t header_size_bytes() const { return kSizeBytes + options_size_bytes; }
    friend bool operator==(const TcpHeader&, const TcpHeader&) = default;
};

/// "80 > 40000, SYN ACK, sequence 1, acknowledgment 2, window 65535".
std::string to_string(const TcpHeader& header);

}  // namespace flatlan::tunnel
