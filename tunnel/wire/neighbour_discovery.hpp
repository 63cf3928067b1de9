#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// The octets of a solicitation or advertisement without options.
inline constexpr std::size_t kNeighbourMessageSizeBytes = 24;
/// The octets of the option that names a link-layer address (RFC 4861, section 4.6.1).
inline constexpr std::size_t kLinkLayerOptionSizeBytes = 8;
/// What the hop limit of every ND packet has to be: proof that no router passed it on (RFC 4861,
/// section 7.1).
inline constexpr std::uint8_t kNeighbourHopLimit = 255;

/// ICMPv6 message types (RFC 4861, sections 4.3 and 4.4).
inline constexpr std::uint8_t kNeighbourSolicitationType = 135;
inline constexpr std::uint8_t kNeighbourAdvertisementType = 136;

/// "Who has this address?" (RFC 4861, section 4.3).
///
///     octet 0   1     2..3       4..7       8..23    24..
///     +-----+-----+----------+----------+---------+---------+
///     | 135 |  0  | checksum | reserved | target  | options |
///     +-----+-----+----------+----------+---------+---------+
struct NeighbourSolicitation {
    Ipv6Address target{};
    /// Missing when the sender asks whether anyone has the address before it takes it.
    std::optional<MacAddress> source_mac{};

    /// Needs the whole message. The checksum has to hold; unknown options are skipped; a multicast
    /// target is `bad_option`, as RFC 4861, section 7.1.1 has such a message discarded.
    static Parsed<NeighbourSolicitation> parse(std::span<const std::byte> message,
                                               Ipv6Address source, Ipv6Address destination);
    std::size_t size_bytes() const;
    /// `message` is `size_bytes()` long.
    void write(std::span<std::byte> message, Ipv6Address source, Ipv6Address destination) const;
    friend bool operator==(const NeighbourSolicitation&, const NeighbourSolicitation&) = default;
};

/// "I have this address" (RFC 4861, section 4.4).
///
///     octet 0   1     2..3       4       5..7       8..23    24..
///     +-----+-----+----------+-------+----------+---------+---------+
///     | 136 |  0  | checksum |R|S|O| | reserved | target  | options |
///     +-----+-----+----------+-------+----------+---------+---------+
struct NeighbourAdvertisement {
    Ipv6Address target{};
    std::optional<MacAddress> target_mac{};
    bool from_router = false;
    bool solicited = false;
    bool overriding = false;  ///< replaces what the receiver has cached

    static Parsed<NeighbourAdvertisement> parse(std::span<const std::byte> message,
                                                Ipv6Address source, Ipv6Address destination);
    std::size_t size_bytes() const;
    /// `message` is `size_bytes()` long.
    void write(std::span<std::byte> message, Ipv6Address source, Ipv6Address destination) const;
    friend bool operator==(const NeighbourAdvertisement&, const NeighbourAdvertisement&) = default;
};

/// "who has fd00::1, asks 02:00:00:00:00:01".
std::string to_string(const NeighbourSolicitation& message);
/// "fd00::1 is at 02:00:00:00:00:01".
std::string to_string(const NeighbourAdvertisement& message);

}  // namespace flatlan::tunnel
