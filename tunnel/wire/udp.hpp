#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/base/network_values.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// The UDP header (RFC 768).
///
///     octet 0..1      2..3           4..5     6..7
///     +-------------+-------------+--------+----------+
///     | source port | destination | length | checksum |
///     +-------------+-------------+--------+----------+
struct UdpHeader {
    static constexpr std::size_t kSizeBytes = 8;
    static constexpr std::size_t kSizeAt = 4;  ///< octets from the start of the header
    static constexpr std::size_t kChecksumAt = 6;

    Port source = Port::any();
    Port destination = Port::any();
    std::uint16_t size_bytes = kSizeBytes;  ///< header and payload
    std::uint16_t checksum = 0;             ///< zero: the sender made none

    /// Needs the whole datagram: `size_bytes` octets have to be there, what follows is padding. The
    /// checksum, for which one has to know the addresses too, is not judged.
    static Parsed<UdpHeader> parse(std::span<const std::byte> datagram);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const UdpHeader&, const UdpHeader&) = default;
};

/// "49152 > 4789, 108 octets".
std::string to_string(const UdpHeader& header);

/// What stands in the checksum field of a datagram whose sum, pseudo header included, is `sum`:
/// never zero, which would mean that there is none (RFC 768).
constexpr std::uint16_t udp_checksum(const InternetChecksum& sum) {
    return sum.value() == 0 ? std::uint16_t{0xffff} : sum.value();
}

}  // namespace flatlan::tunnel
