#include "overlay/linux/route_lookup.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace flatlan {
namespace {

constexpr std::array kRefusals{ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EXDEV};

std::string describe_lookup(const NetlinkMessageView& request) {
    const auto destination = request.attributes<rtmsg>().address(RTA_DST);
    return "look up the route to " + (destination ? to_string(*destination) : std::string{});
}

/// A next hop of the other family is a struct rtvia: the family, then the address.
std::optional<IpAddress> gateway_of(const NetlinkAttributes& attributes) {
    if (const auto gateway = attributes.address(RTA_GATEWAY)) return gateway;
    const auto via = attributes.find(RTA_VIA);
    if (!via || via->size() != sizeof(rtvia) + Ipv6Address::kSizeBytes) return std::nullopt;
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    std::memcpy(octets.data(), via->data() + sizeof(rtvia), octets.size());
    return IpAddress{Ipv6Address::from_octets(octets)};
}

RouteDecision decision_of(const NetlinkMessageView& message) {
    RouteDecision decision;
    const auto header = message.header<rtmsg>();
    if (!header) return decision;
    const auto attributes = message.attributes<rtmsg>();
    decision.local = header->rtm_type == RTN_LOCAL;
    switch (header->rtm_type) {
        case RTN_UNREACHABLE:
            decision.refused_errno = EHOSTUNREACH;
            break;
        case RTN_PROHIBIT:
            decision.refused_errno = EACCES;
            break;
        case RTN_BLACKHOLE:
            decision.refused_errno = EINVAL;
            break;
        default:
            break;
    }
    if (const auto device = attributes.u32(RTA_OIF); device && *device != 0)
        decision.device = IfIndex{static_cast<int>(*device)};
    decision.via = gateway_of(attributes);
    decision.preferred_source = attributes.address(RTA_PREFSRC);
    decision.mtu = attributes.nested(RTA_METRICS).u32(RTAX_MTU).value_or(0);
    decision.table = attributes.u32(RTA_TABLE).value_or(header->rtm_table);
    return decision;
}

}  // namespace

Result<RouteDecision> look_up_route(Netlink& netlink, const RouteQuestion& question) {
    const IpFamily family = question.destination.family();
    const auto bits = static_cast<std::uint8_t>(address_bits(family));
    rtmsg header{};
    header.rtm_family = address_family(family);
    header.rtm_dst_len = bits;
    header.rtm_src_len = question.source ? bits : std::uint8_t{0};
    // IPv6 always says the table and refuses the flag (inet6_valid_getroute_rtm_req).
    if (family == IpFamily::ipv4) header.rtm_flags = RTM_F_LOOKUP_TABLE;
    NetlinkMessage request{RTM_GETROUTE, 0, header};
    request.put_address(RTA_DST, question.destination);
    if (question.source) request.put_address(RTA_SRC, *question.source);
    if (question.input)
        request.put_u32(RTA_IIF, static_cast<std::uint32_t>(question.input->value()));

    NetlinkBatch batch;
    batch.append(request, describe_lookup);
    RouteDecision decision;
    const auto asked =
        netlink.execute(batch, [&](const auto& answer) { decision = decision_of(answer); });
    if (asked) return decision;
    for (const int refusal : kRefusals)
        if (asked.error().system_errno() == refusal) return RouteDecision{.refused_errno = refusal};
    return asked.error();
}

Result<std::vector<PolicyRule>> list_policy_rules(Netlink& netlink) {
    std::vector<PolicyRule> rules;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        fib_rule_hdr header{};
        header.family = address_family(family);
        FLATLAN_TRY(found, netlink.dump(NetlinkMessage{RTM_GETRULE, 0, header}, "list policy rules",
                                        [&](const NetlinkMessageView& message) {
                                            std::optional<PolicyRule> rule;
                                            const auto read = message.header<fib_rule_hdr>();
                                            if (!read || read->family != header.family) return rule;
                                            const auto more = message.attributes<fib_rule_hdr>();
                                            rule = PolicyRule{
                                                family, more.u32(FRA_PRIORITY).value_or(0),
                                                more.u32(FRA_TABLE).value_or(read->table)};
                                            return rule;
                                        }));
        rules.insert(rules.end(), found.begin(), found.end());
    }
    return rules;
}

}  // namespace flatlan
