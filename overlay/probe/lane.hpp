#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/base/ip_address.hpp"

namespace flatlan::probe {

enum class Protocol : std::uint8_t { icmp, udp, tcp };

inline constexpr std::array kProtocols{Protocol::icmp, Protocol::udp, Protocol::tcp};

/// "icmp", "udp" or "tcp", as in JSON and in options.
std::string_view to_string(Protocol protocol);
/// "ICMP", "UDP" or "TCP", for people.
std::string_view to_upper_string(Protocol protocol);
/// Error invalid_argument for any other word.
Result<Protocol> protocol_from_text(std::string_view text);

/// How a pair is tried: one protocol over one family. A pair has up to six lanes, and a pair on one
/// lane is a check, the unit in which results are counted.
struct Lane {
    IpFamily family;
    Protocol protocol;
    friend constexpr auto operator<=>(const Lane&, const Lane&) = default;
};

/// "UDP over IPv4".
std::string to_string(const Lane& lane);

/// What must hold. Those of a check stand in the order of the packet's way, and the first that does
/// not hold is named; those of a trial (overlay/probe/trial) follow.
enum class Property : std::uint8_t {
    arrives,             ///< the request is seen by the one it was sent to
    source_kept,         ///< with the source address and port that the sender gave it
    destination_kept,    ///< and the destination that it was sent to
    answered,            ///< its answer comes back
    answer_source_kept,  ///< from the very address and port that were asked
    hops_as_expected,    ///< forwarded as often as the places of both ends make it
    once,                ///< neither request nor answer comes twice

    largest_arrives,  ///< a packet of the path MTU's size arrives in one piece
    larger_refused,   ///< one octet more is refused, with the path MTU, and not lost
    none_lost,        ///< all packets of a short stream arrive, there and back
    in_order,         ///< in the order in which they were sent
    content_kept,     ///< a large transfer by TCP arrives whole and unchanged
};

/// The enumerator's word, as in JSON.
std::string_view to_string(Property property);

}  // namespace flatlan::probe
