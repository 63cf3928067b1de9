#include "overlay/linux/nexthop.hpp"

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

namespace flatlan {
namespace {

NetlinkMessage message_of(std::uint16_t flags, const Nexthop& nexthop) {
    nhmsg header{};
    header.nh_family = address_family(nexthop.gateway.family());
    header.nh_protocol = nexthop.protocol.value();
    if (nexthop.on_link) header.nh_flags = RTNH_F_ONLINK;
    NetlinkMessage message{RTM_NEWNEXTHOP, flags, header};
    message.put_u32(NHA_ID, nexthop.id.value());
    message.put_u32(NHA_OIF, static_cast<std::uint32_t>(nexthop.device.value()));
    message.put_address(NHA_GATEWAY, nexthop.gateway);
    return message;
}

std::string describe(const NetlinkMessageView& request) {
    if (request.type() == RTM_NEWNEXTHOP)
        if (const auto nexthop = parse_nexthop(request)) return "add " + to_string(*nexthop);
    const auto id = request.attributes<nhmsg>().u32(NHA_ID).value_or(0);
    return "delete nhid " + std::to_string(id);
}

}  // namespace

std::string to_string(const Nexthop& nexthop) {
    return "nhid " + std::to_string(nexthop.id.value()) + " via " + to_string(nexthop.gateway) +
           " dev " + std::to_string(nexthop.device.value()) + (nexthop.on_link ? " onlink" : "");
}

void create_nexthop(NetlinkBatch& batch, const Nexthop& nexthop) {
    batch.append(message_of(NLM_F_CREATE | NLM_F_EXCL, nexthop), describe);
}

void replace_nexthop(NetlinkBatch& batch, const Nexthop& nexthop) {
    batch.append(message_of(NLM_F_CREATE | NLM_F_REPLACE, nexthop), describe);
}

void remove_nexthop(NetlinkBatch& batch, NexthopId id) {
    NetlinkMessage message{RTM_DELNEXTHOP, 0, nhmsg{}};
    message.put_u32(NHA_ID, id.value());
    batch.append(message, describe, Tolerate::missing);
}

Result<std::vector<Nexthop>> list_nexthops(Netlink& netlink, IfIndex device) {
    NetlinkMessage request{RTM_GETNEXTHOP, 0, nhmsg{}};
    request.put_u32(NHA_OIF, static_cast<std::uint32_t>(device.value()));
    return netlink.dump(request, "list next hops", parse_nexthop);
}

std::optional<Nexthop> parse_nexthop(const NetlinkMessageView& message) {
    const auto header = message.header<nhmsg>();
    const auto attributes = message.attributes<nhmsg>();
    const auto id = attributes.u32(NHA_ID);
    const auto device = attributes.u32(NHA_OIF);
    const auto gateway = attributes.address(NHA_GATEWAY);
    if (!header || !id || !device || *device == 0 || !gateway) return std::nullopt;
    return Nexthop{.id = NexthopId{*id},
                   .gateway = *gateway,
                   .device = IfIndex{static_cast<int>(*device)},
                   .on_link = (header->nh_flags & RTNH_F_ONLINK) != 0,
                   .protocol = RouteProtocol{header->nh_protocol}};
}

}  // namespace flatlan
