#include "tunnel/wire/drop_reason.hpp"

#include <array>

namespace flatlan::tunnel {
namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, kDropReasons> kNames{
    "truncated",
    "wrong_version",
    "bad_header_length",
    "bad_payload_length",
    "bad_checksum",
    "bad_option",
    "too_many_headers",
    "unknown_ether_type",
    "unknown_message",
    "vxlan_without_vni",
    "unknown_endpoint",
    "wrong_vni",
    "wrong_destination",
    "foreign_source",
    "foreign_destination",
    "unforwardable_address",
    "no_route",
    "hop_limit_expired",
    "too_big",
    "too_many_fragments",
    "congestion",
    "not_for_gateway",
    "no_buffer",
    "not_sent",
    "not_delivered",
};
static_assert(!kNames.back().empty());

}  // namespace

std::string_view to_string(DropReason reason) { return kNames[static_cast<std::size_t>(reason)]; }

}  // namespace flatlan::tunnel
