#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/probe/trace/frame.hpp"

/// Reads captured packets for people and scripts, with the headers of tunnel/wire.
namespace flatlan::capture {

using FieldValue = std::variant<std::uint64_t, std::string>;

/// One header of a packet.
struct Header {
    std::string_view layer;  ///< "ethernet", "ipv4", "udp", "vxlan" ...
    std::string words;       ///< for people; empty where what is said before is enough
    std::vector<std::pair<std::string_view, FieldValue>> fields{};  ///< as in JSON
};

/// A packet from its first octet on, as far as it can be read.
struct Decoded {
    std::vector<Header> headers;
    std::size_t payload_octets = 0;  ///< behind the last header
    std::string trouble{};  ///< why the next header could not be read; empty: nothing is wrong
};

/// UDP to or from `tunnel_port` holds VXLAN and another packet in it.
Decoded decode(std::span<const std::byte> packet, trace::LinkLayer layer, Port tunnel_port);

/// "172.31.0.1:51234 > 172.31.0.2:4789 UDP VXLAN 1 | 10.244.0.1 > 10.244.0.65 ttl 63 ICMP echo
/// request 7.1, 56 octets": one line without a line feed. Ethernet shows itself only where nothing
/// stands in it that is known.
std::string to_line(const Decoded& decoded);

}  // namespace flatlan::capture
