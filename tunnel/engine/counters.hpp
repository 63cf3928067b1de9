#pragma once

#include <array>
#include <cstdint>

#include "tunnel/wire/drop_reason.hpp"

namespace flatlan::tunnel {

/// What became of packets. Each packet that goes in counts once, as sent, received, answered or
/// dropped; octets are those of inner IP packets.
struct Counters {
    std::uint64_t sent_packets = 0;  ///< from a pod into the tunnel; a fragmented one counts once
    std::uint64_t sent_octets = 0;
    std::uint64_t received_packets = 0;  ///< out of the tunnel to a pod
    std::uint64_t received_octets = 0;
    std::uint64_t answered = 0;                         ///< ARP and ND questions
    std::array<std::uint64_t, kDropReasons> dropped{};  ///< by reason

    std::uint64_t errors_sent = 0;      ///< ICMP errors about packets that were dropped
    std::uint64_t errors_withheld = 0;  ///< the same, not sent because of the rate limit

    std::uint64_t dropped_for(DropReason reason) const {
        return dropped[static_cast<std::size_t>(reason)];
    }
    /// How many packets of any fate there were.
    std::uint64_t packets() const;
    Counters& operator+=(const Counters& other);
    friend bool operator==(const Counters&, const Counters&) = default;
};

}  // namespace flatlan::tunnel
