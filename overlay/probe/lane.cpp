#include "overlay/probe/lane.hpp"

namespace flatlan::probe {

std::string_view to_string(Protocol protocol) {
    switch (protocol) {
        case Protocol::icmp:
            return "icmp";
        case Protocol::udp:
            return "udp";
        case Protocol::tcp:
            return "tcp";
    }
    return "icmp";
}

Result<Protocol> protocol_from_text(std::string_view text) {
    for (const Protocol protocol : kProtocols)
        if (text == to_string(protocol)) return protocol;
    return Error{ErrorCode::invalid_argument, "'" + std::string{text} + "' is no protocol"}
        .expecting("icmp, udp or tcp");
}

std::string_view to_upper_string(Protocol protocol) {
    constexpr std::array<std::string_view, kProtocols.size()> kUpperCase{"ICMP", "UDP", "TCP"};
    return kUpperCase[static_cast<std::size_t>(protocol)];
}

std::string to_string(const Lane& lane) {
    return std::string{to_upper_string(lane.protocol)} + " over " +
           std::string{to_string(lane.family)};
}

std::string_view to_string(Property property) {
    switch (property) {
        case Property::arrives:
            return "arrives";
        case Property::source_kept:
            return "source_kept";
        case Property::destination_kept:
            return "destination_kept";
        case Property::answered:
            return "answered";
        case Property::answer_source_kept:
            return "answer_source_kept";
        case Property::hops_as_expected:
            return "hops_as_expected";
        case Property::once:
            return "once";
        case Property::largest_arrives:
            return "largest_arrives";
        case Property::larger_refused:
            return "larger_refused";
        case Property::none_lost:
            return "none_lost";
        case Property::in_order:
            return "in_order";
        case Property::content_kept:
            return "content_kept";
    }
    return "arrives";
}

}  // namespace flatlan::probe
