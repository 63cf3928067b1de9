#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tunnel/wire/ipv6.hpp"

namespace flatlan::tunnel {

/// The fragment header (RFC 8200, section 4.5).
///
///     octet 0        1          2..3                  4..7
///     +-------------+----------+-----------------+--+----------------+
///     | next header | reserved | offset          |0M| identification |
///     +-------------+----------+-----------------+--+----------------+
struct Ipv6FragmentHeader {
    static constexpr std::size_t kSizeBytes = 8;
    IpProtocol next_header{};
    std::uint16_t offset_bytes = 0;  ///< a multiple of 8
    bool more_fragments = false;
    std::uint32_t identification = 0;

    static Parsed<Ipv6FragmentHeader> parse(std::span<const std::byte> octets);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const Ipv6FragmentHeader&, const Ipv6FragmentHeader&) = default;
};

std::string to_string(const Ipv6FragmentHeader& header);

/// Where the extension headers of an IPv6 packet end and what stands there.
struct Ipv6Upper {
    IpProtocol protocol{};  ///< an upper protocol, or an extension header that we do not know
    std::size_t offset_bytes = 0;                ///< from the start of the IPv6 header
    std::optional<Ipv6FragmentHeader> fragment;  ///< the last one on the way

    /// Whether the upper protocol's own header stands at `offset_bytes`: not so in a fragment other
    /// than the first, which holds a piece out of the middle.
    bool has_header() const { return !fragment || fragment->offset_bytes == 0; }
    friend bool operator==(const Ipv6Upper&, const Ipv6Upper&) = default;
};

/// How many extension headers we walk through. RFC 8504, section 5.3, lets a host set such limits;
/// RFC 8200 knows seven places for one.
inline constexpr std::size_t kIpv6ExtensionsMax = 8;

/// Walks over hop-by-hop options, routing, fragment and authentication headers and destination
/// options (RFC 8200, section 4; RFC 4302, section 2). `packet` starts with `header`; of a quoted
/// packet the end may be missing. Drops `truncated` when an extension header runs over the packet,
/// `too_many_headers` at the ninth.
Parsed<Ipv6Upper> find_ipv6_upper(const Ipv6Header& header, std::span<const std::byte> packet);

}  // namespace flatlan::tunnel
