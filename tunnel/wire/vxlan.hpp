#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "overlay/base/network_values.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// The VXLAN header, between UDP and the inner Ethernet frame (RFC 7348, section 5).
///
///     octet 0   1..3       4..6   7
///     +-------+----------+------+----------+
///     | flags | reserved | VNI  | reserved |
///     +-------+----------+------+----------+
struct VxlanHeader {
    static constexpr std::size_t kSizeBytes = 8;
    Vni vni{0};

    /// Needs the first eight octets. Reserved bits are ignored, as a receiver must.
    static Parsed<VxlanHeader> parse(std::span<const std::byte> datagram);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const VxlanHeader&, const VxlanHeader&) = default;
};

/// "VNI 1".
std::string to_string(const VxlanHeader& header);

}  // namespace flatlan::tunnel
