#pragma once

#include <cstdint>
#include <string_view>

namespace flatlan {

/// FNV-1a over octets (RFC 9923): the same on every machine and in every version, so that what is
/// derived from a name (a MAC address, a spread of pods) never changes. Not for secrets, not
/// against an attacker.
constexpr std::uint64_t stable_hash(std::string_view octets) {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (const char octet : octets) {
        hash ^= static_cast<std::uint8_t>(octet);
        hash *= 0x0000'0100'0000'01b3;
    }
    return hash;
}

/// Joins the hash of a further part to `seed`, for hash functions of structs.
constexpr std::uint64_t hash_join(std::uint64_t seed, std::uint64_t part) {
    std::uint64_t mixed = seed ^ (part + 0x9e37'79b9'7f4a'7c15 + (seed << 6U) + (seed >> 2U));
    mixed = (mixed ^ (mixed >> 33U)) * 0xff51'afd7'ed55'8ccd;
    return mixed ^ (mixed >> 33U);
}

}  // namespace flatlan
