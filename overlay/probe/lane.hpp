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

/// What must hold in a check, in the order of the packet's way: the first that does not is named.
enum class Property : std::uint8_t {
    arrives,             ///< the request is seen by the one it was sent to
    source_kept,         ///< with the source address and port that the sender gave it
    destination_kept,    ///< and the destination that it was sent to
    answered,            ///< its answer comes back
    answer_source_kept,  ///< from the very address and port that were asked
};

/// The enumerator's word, as in JSON.
std::string_view to_string(Property property);

}  // namespace flatlan::probe
