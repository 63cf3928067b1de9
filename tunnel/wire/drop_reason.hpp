#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flatlan::tunnel {

/// Why a packet went no further. The list is closed: every packet that is neither forwarded nor
/// answered counts under exactly one of these.
enum class DropReason : std::uint8_t {
    // A header could not be read.
    truncated,           ///< fewer octets than the header needs
    wrong_version,       ///< an IP version field that is not the header's own
    bad_header_length,   ///< a header length field under the least, or beyond the packet
    bad_payload_length,  ///< a total or payload length that contradicts the octets that are there
    bad_checksum,        ///< a checksum that has to hold and does not
    bad_option,          ///< an option of length zero, or one that runs over its header
    too_many_headers,    ///< more IPv6 extension headers than we walk through
    unknown_ether_type,  ///< neither IPv4, IPv6 nor ARP inside the Ethernet frame
    unknown_message,     ///< an ARP, ICMP or ND message of a kind that nobody here has use for
    vxlan_without_vni,   ///< the VXLAN header's I flag is not set

    // The outer datagram is not from the tunnel that we belong to.
    unknown_endpoint,   ///< sent by an address that is no node's endpoint
    wrong_vni,          ///< of another virtual network
    wrong_destination,  ///< the inner frame is addressed to another MAC address

    // The packet must not be forwarded.
    foreign_source,         ///< the source is not an address of the node that sent it
    foreign_destination,    ///< arrived through the tunnel, but for none of our own addresses
    unforwardable_address,  ///< unspecified, loopback, link-local, multicast or broadcast
    no_route,               ///< no node owns the destination
    hop_limit_expired,      ///< TTL or hop limit used up
    too_big,                ///< over the MTU, and not to be fragmented
    too_many_fragments,     ///< would need more fragments than one step may send
    congestion,             ///< congestion was marked outside, and the inside cannot carry the mark
    not_for_gateway,        ///< ARP or ND that asks for an address which is not ours to answer for

    // We ran out of something, or the kernel did.
    no_buffer,      ///< the pool of packet buffers was empty
    not_sent,       ///< the underlay did not take it: no way to the endpoint, or no room
    not_delivered,  ///< the pods' side did not take it: no room, or the device is down
};

/// How many reasons there are; they are numbered from 0.
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::not_delivered) + 1;

/// The reason's word, as counters and JSON name it: "bad_checksum" and so on.
std::string_view to_string(DropReason reason);

}  // namespace flatlan::tunnel
