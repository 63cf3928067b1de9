#include "overlay/probe/io/trace/trail_filter.hpp"

namespace flatlan::trace {
namespace {

/// libpcap looks into TCP and UDP by these names in IPv4 alone; in IPv6 they follow a header of
/// fixed size.
constexpr const char* kTcpOpens = "tcp[13] & 6 != 0 or (ip6[6] == 6 and ip6[53] & 6 != 0)";

std::string udp_tag(std::uint64_t tag) {
    const std::string high = std::to_string(tag >> 32U);
    const std::string low = std::to_string(tag & 0xffff'ffffU);
    return "(udp[8:4] == " + high + " and udp[12:4] == " + low +
           ") or (ip6[6] == 17 and ip6[48:4] == " + high + " and ip6[52:4] == " + low + ")";
}

}  // namespace

std::string filter_of(const Trail& trail) {
    std::string text = "icmp or icmp6 or udp dst port " + std::to_string(trail.tunnel_port.value());
    if (trail.protocol == probe::Protocol::tcp) text.append(" or ").append(kTcpOpens);
    if (trail.protocol == probe::Protocol::udp) text.append(" or ").append(udp_tag(trail.tag));
    return text;
}

}  // namespace flatlan::trace
