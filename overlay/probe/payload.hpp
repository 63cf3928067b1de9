#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "overlay/base/network_values.hpp"

namespace flatlan::probe {

enum class PayloadKind : std::uint8_t { request = 1, answer = 2 };

/// What every probe carries, over each protocol. It names its check and says what the sender sent,
/// so the receiver can tell what was changed on the way. Format of our own, in network order:
///
///     octet 0..3   4..7  8     9        10..11    12..15  16..23  24..59
///     +-----------+-----+------+---------+----------+-------+-------+---------------------+
///     | "flat"    | run | kind | attempt | reserved | check | token | source, destination |
///     +-----------+-----+------+---------+----------+-------+-------+---------------------+
///
/// Each end is an address of 16 octets (IPv4 as ::ffff:a.b.c.d, RFC 4291, section 2.5.5.2) and a
/// port of two.
struct Payload {
    static constexpr std::size_t kSizeBytes = 60;

    std::uint32_t run = 0;  ///< drawn by chance for each run: tells two testers apart
    PayloadKind kind = PayloadKind::request;
    std::uint8_t attempt = 0;  ///< from 0
    std::uint32_t check = 0;   ///< place of the check in its round
    std::uint64_t token = 0;   ///< drawn by chance for each check: tells strays apart
    Endpoint source;           ///< of the request, as the sender sent it
    Endpoint destination;      ///< of the request, as the sender sent it

    /// Reads the first 60 octets; what follows is ignored, and so is what is reserved. Empty when
    /// they are none of ours: no probe, too short, an unknown kind.
    static std::optional<Payload> parse(std::span<const std::byte> octets);
    void write(std::span<std::byte, kSizeBytes> out) const;
    friend bool operator==(const Payload&, const Payload&) = default;
};

}  // namespace flatlan::probe
