#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/base/prng.hpp"

/// Short ways to write octets and addresses in tests of packets.
namespace flatlan::tunnel {

using Octets = std::vector<std::byte>;

/// What a buffer holds before something is written to it: an octet that is left alone shows.
inline constexpr std::byte kPoison{0xa5};

/// "45 00 00 54" as octets. Whatever is no hexadecimal digit is passed over.
inline Octets octets(std::string_view hex) {
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    Octets out;
    int high = -1;
    for (const char c : hex) {
        const int value = digit(c);
        if (value < 0) continue;
        if (high >= 0) out.push_back(static_cast<std::byte>(high * 16 + value));
        high = high >= 0 ? -1 : value;
    }
    return out;
}

/// `count` octets: `first`, `first` + 1 and so on, modulo 256.
inline Octets counting_up(std::uint8_t first, std::size_t count) {
    Octets out(count);
    for (std::byte& octet : out)
        octet = std::byte{first++};
    return out;
}

inline Octets random_octets(Prng& prng, std::size_t count) {
    Octets out(count);
    for (std::byte& octet : out)
        octet = static_cast<std::byte>(prng.next() >> 56U);
    return out;
}

inline Octets operator+(Octets left, std::span<const std::byte> right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Ipv4Address v4(std::string_view text) { return Ipv4Address::from_text(text).value(); }
inline Ipv6Address v6(std::string_view text) { return Ipv6Address::from_text(text).value(); }
inline MacAddress mac(std::string_view text) { return MacAddress::from_text(text).value(); }

}  // namespace flatlan::tunnel
