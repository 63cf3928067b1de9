#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "overlay/base/ip_address.hpp"
#include "tunnel/wire/ip_protocol.hpp"

namespace flatlan::tunnel {

/// The internet checksum (RFC 1071) of several runs of octets, one after the other. A run may
/// start at any address and have any length, an odd one too.
class InternetChecksum {
public:
    void add(std::span<const std::byte> octets);
    /// Copies `octets` to `to`, which is at least as long and elsewhere, and adds them: one pass.
    void add_copied(std::span<std::byte> to, std::span<const std::byte> octets);
    /// Adds a number of 16 bits as it would stand on the wire.
    constexpr void add_u16(std::uint16_t value) {
        add_folded(std::endian::native == std::endian::little ? swapped(value) : value);
    }
    /// The same for 32 bits.
    constexpr void add_u32(std::uint32_t value) {
        add_u16(static_cast<std::uint16_t>(value >> 16U));
        add_u16(static_cast<std::uint16_t>(value));
    }

    /// What stands in the checksum field (in host order, to be written by ByteWriter) when that
    /// field was zero or left out while adding.
    constexpr std::uint16_t value() const {
        const std::uint16_t sum = fold(sum_);
        return static_cast<std::uint16_t>(
            ~(std::endian::native == std::endian::little ? swapped(sum) : sum));
    }
    /// Whether the octets that were added, checksum field included, are sound.
    constexpr bool holds() const { return fold(sum_) == 0xffff; }

private:
    static constexpr std::uint16_t swapped(std::uint16_t value) {
        return static_cast<std::uint16_t>(value << 8U | value >> 8U);
    }
    static constexpr std::uint16_t fold(std::uint64_t sum) {
        sum = (sum & 0xffff'ffff) + (sum >> 32U);
        sum = (sum & 0xffff) + (sum >> 16U & 0xffff) + (sum >> 32U);
        sum = (sum & 0xffff) + (sum >> 16U);
        sum = (sum & 0xffff) + (sum >> 16U);
        return static_cast<std::uint16_t>(sum);
    }
    /// After an odd number of octets the halves of every word that follows change places.
    constexpr void add_folded(std::uint16_t sum) { sum_ += odd_ ? swapped(sum) : sum; }
    void add_run(std::uint64_t run_sum, std::size_t size_bytes);

    std::uint64_t sum_ = 0;  ///< of 16-bit words as the machine reads them (RFC 1071, section 2B)
    bool odd_ = false;
};

/// The checksum of one run of octets, in host order.
inline std::uint16_t internet_checksum(std::span<const std::byte> octets) {
    InternetChecksum sum;
    sum.add(octets);
    return sum.value();
}

/// The checksum after one 16-bit word that it covers changed from `was` to `is` (RFC 1624,
/// equation 3). All numbers in host order. Where UDP stands for "no checksum" with zero, the caller
/// has to leave that alone.
constexpr std::uint16_t updated_checksum(std::uint16_t checksum, std::uint16_t was,
                                         std::uint16_t is) {
    std::uint32_t sum = static_cast<std::uint16_t>(~checksum);
    sum += static_cast<std::uint16_t>(~was);
    sum += is;
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// The start of a TCP, UDP or ICMPv6 checksum: the pseudo header (RFC 9293, section 3.1; RFC 8200,
/// section 8.1). `size_bytes` is that of the upper header and its payload.
InternetChecksum pseudo_header(Ipv4Address source, Ipv4Address destination, IpProtocol protocol,
                               std::size_t size_bytes);
InternetChecksum pseudo_header(Ipv6Address source, Ipv6Address destination, IpProtocol protocol,
                               std::size_t size_bytes);

}  // namespace flatlan::tunnel
