#include "overlay/linux/address.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "overlay/linux/route.hpp"

namespace flatlan {
namespace {

constexpr std::uint32_t kFlags = IFA_F_NODAD | IFA_F_PERMANENT;

NetlinkMessage message_of(std::uint16_t type, std::uint16_t flags,
                          const InterfaceAddress& address) {
    ifaddrmsg header{};
    header.ifa_family = address_family(address.address.family());
    header.ifa_prefixlen = static_cast<std::uint8_t>(address.length_bits);
    header.ifa_index = static_cast<std::uint32_t>(address.device.value());
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    NetlinkMessage message{type, flags, header};
    message.put_address(IFA_LOCAL, address.address);
    message.put_address(IFA_ADDRESS, address.address);
    message.put_u32(IFA_FLAGS, address.prefix_route ? kFlags : kFlags | IFA_F_NOPREFIXROUTE);
    return message;
}

std::string describe(const NetlinkMessageView& request) {
    const auto address = parse_address(request);
    return std::string{request.type() == RTM_NEWADDR ? "add address " : "delete address "} +
           (address ? to_string(*address) : "");
}

/// An IPv6 address takes packets once the kernel has put a route to it into the table `local`. That
/// does a worker, a moment after the request was answered, also where nothing is to be checked
/// (addrconf_dad_start); so we put one there too. On a device that is down there is nothing to
/// take.
std::optional<Route> local_route(const InterfaceAddress& address) {
    if (address.address.is_ipv4()) return std::nullopt;
    return Route{.destination = IpPrefix::host(address.address),
                 .type = RouteType::local,
                 .device = address.device,
                 .table = RT_TABLE_LOCAL};
}

void append(NetlinkBatch& batch, std::uint16_t flags, const InterfaceAddress& address) {
    batch.append(message_of(RTM_NEWADDR, NLM_F_CREATE | flags, address), describe);
    if (const auto route = local_route(address))
        replace_route(batch, *route, Tolerate::device_down);
}

}  // namespace

std::optional<InterfaceAddress> parse_address(const NetlinkMessageView& message) {
    const auto header = message.header<ifaddrmsg>();
    if (!header || header->ifa_index == 0) return std::nullopt;
    const auto attributes = message.attributes<ifaddrmsg>();
    auto address = attributes.address(IFA_LOCAL);
    if (!address) address = attributes.address(IFA_ADDRESS);
    if (!address) return std::nullopt;
    const std::uint32_t flags = attributes.u32(IFA_FLAGS).value_or(header->ifa_flags);
    return InterfaceAddress{.address = *address,
                            .length_bits = header->ifa_prefixlen,
                            .device = IfIndex{static_cast<int>(header->ifa_index)},
                            .prefix_route = (flags & IFA_F_NOPREFIXROUTE) == 0};
}

std::string to_string(const InterfaceAddress& address) {
    return to_string(address.address) + "/" + std::to_string(address.length_bits) +
           " on interface " + std::to_string(address.device.value());
}

void create_address(NetlinkBatch& batch, const InterfaceAddress& address) {
    append(batch, NLM_F_EXCL, address);
}

void replace_address(NetlinkBatch& batch, const InterfaceAddress& address) {
    append(batch, NLM_F_REPLACE, address);
}

void remove_address(NetlinkBatch& batch, const InterfaceAddress& address) {
    if (const auto route = local_route(address)) remove_route(batch, *route);
    batch.append(message_of(RTM_DELADDR, 0, address), describe, Tolerate::missing);
}

Result<void> create_address(Netlink& netlink, const InterfaceAddress& address) {
    return execute_appended(netlink, [&](auto& batch) { create_address(batch, address); });
}

Result<void> replace_address(Netlink& netlink, const InterfaceAddress& address) {
    return execute_appended(netlink, [&](auto& batch) { replace_address(batch, address); });
}

Result<void> remove_address(Netlink& netlink, const InterfaceAddress& address) {
    return execute_appended(netlink, [&](auto& batch) { remove_address(batch, address); });
}

Result<std::vector<InterfaceAddress>> list_addresses(Netlink& netlink,
                                                     std::optional<IfIndex> device) {
    ifaddrmsg header{};
    if (device) header.ifa_index = static_cast<std::uint32_t>(device->value());
    return netlink.dump(NetlinkMessage{RTM_GETADDR, 0, header}, "list addresses", parse_address);
}

}  // namespace flatlan
