#include "tunnel/wire/drop_reason.hpp"

namespace flatlan::tunnel {

std::string_view to_string(DropReason reason) {
    switch (reason) {
        case DropReason::truncated:
            return "truncated";
        case DropReason::wrong_version:
            return "wrong_version";
        case DropReason::bad_header_length:
            return "bad_header_length";
        case DropReason::bad_payload_length:
            return "bad_payload_length";
        case DropReason::bad_checksum:
            return "bad_checksum";
        case DropReason::bad_option:
            return "bad_option";
        case DropReason::too_many_headers:
            return "too_many_headers";
        case DropReason::unknown_ether_type:
            return "unknown_ether_type";
        case DropReason::unknown_message:
            return "unknown_message";
        case DropReason::vxlan_without_vni:
            return "vxlan_without_vni";
        case DropReason::unknown_endpoint:
            return "unknown_endpoint";
        case DropReason::wrong_vni:
            return "wrong_vni";
        case DropReason::wrong_destination:
            return "wrong_destination";
        case DropReason::foreign_source:
            return "foreign_source";
        case DropReason::foreign_destination:
            return "foreign_destination";
        case DropReason::unforwardable_address:
            return "unforwardable_address";
        case DropReason::no_route:
            return "no_route";
        case DropReason::hop_limit_expired:
            return "hop_limit_expired";
        case DropReason::too_big:
            return "too_big";
        case DropReason::too_many_fragments:
            return "too_many_fragments";
        case DropReason::congestion:
            return "congestion";
        case DropReason::not_for_gateway:
            return "not_for_gateway";
        case DropReason::no_buffer:
            return "no_buffer";
        case DropReason::no_head_room:
            return "no_head_room";
    }
    return "truncated";
}

}  // namespace flatlan::tunnel
