#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "overlay/linux/link.hpp"
#include "overlay/linux/link_message.hpp"

namespace flatlan {
namespace {

constexpr int kLoopbackIndex = 1;  // LOOPBACK_IFINDEX in linux/net/loopback

/// Where interfaces go on their way out, to be removed together. A number that nobody else uses.
constexpr LinkGroup kLeaving{0xf1a7'1eaf};

void append(NetlinkBatch& batch, const NetlinkMessage& message,
            Tolerate tolerate = Tolerate::nothing) {
    batch.append(message, describe_link, tolerate);
}

bool changes_attributes(const LinkChange& change) {
    return change.mtu || change.group || change.alias || change.mac || change.master || change.name;
}

void put_changes(NetlinkMessage& message, const LinkChange& change) {
    if (change.mtu) message.put_u32(IFLA_MTU, change.mtu->value());
    if (change.group) message.put_u32(IFLA_GROUP, change.group->value());
    if (change.alias) message.put_text(IFLA_IFALIAS, *change.alias);
    if (change.mac) message.put_mac(IFLA_ADDRESS, *change.mac);
    if (change.master)
        message.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(change.master->value()));
    if (change.name) message.put_text(IFLA_IFNAME, change.name->text());
}

void put_no_link_local(NetlinkMessage& message) {
    message.put_nested(IFLA_AF_SPEC, [&] {
        message.put_nested(
            AF_INET6, [&] { message.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
    });
}

}  // namespace

NetlinkMessage link_message(std::uint16_t type, std::uint16_t flags, const LinkRef& link) {
    ifinfomsg header{};
    if (const auto* const index = std::get_if<IfIndex>(&link)) header.ifi_index = index->value();
    NetlinkMessage message{type, flags, header};
    if (const auto* const name = std::get_if<InterfaceName>(&link))
        message.put_text(IFLA_IFNAME, name->text());
    return message;
}

NetlinkMessage link_creation(const InterfaceName& name, const MacAddress& mac, LinkMtu mtu,
                             LinkGroup group) {
    auto message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name);
    message.put_mac(IFLA_ADDRESS, mac);
    message.put_u32(IFLA_MTU, mtu.value());
    if (group != LinkGroup{}) message.put_u32(IFLA_GROUP, group.value());
    return message;
}

std::string describe_link(const NetlinkMessageView& request) {
    const auto header = request.header<ifinfomsg>();
    const auto attributes = request.attributes<ifinfomsg>();
    const auto name = attributes.text(IFLA_IFNAME);
    std::string target = "'" + std::string{name} + "'";
    if (header && header->ifi_index > 0)
        target = "interface " + std::to_string(header->ifi_index);
    else if (const auto group = attributes.u32(IFLA_GROUP); group && name.empty())
        target = "interfaces of group " + std::to_string(*group);
    if (request.type() == RTM_GETLINK) return "find " + target;
    if (request.type() == RTM_DELLINK) return "delete " + target;
    if ((request.flags() & NLM_F_CREATE) == 0) return "change " + target;
    const auto kind = attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND);
    return "create " + std::string{kind} + " " + target;
}

void set_link(NetlinkBatch& batch, const LinkRef& link, const LinkChange& change) {
    // First the attributes, then up: the kernel would otherwise go up before it reads the last.
    if (changes_attributes(change)) {
        auto message = link_message(RTM_NEWLINK, 0, link);
        put_changes(message, change);
        append(batch, message);
    }
    LinkRef now = link;
    if (change.name && std::holds_alternative<InterfaceName>(link)) now = *change.name;
    if (change.no_link_local) {
        auto message = link_message(RTM_NEWLINK, 0, now);
        put_no_link_local(message);
        append(batch, message, Tolerate::no_ipv6);  // what has no IPv6 makes no address of it
    }
    if (change.up) {
        ifinfomsg header{};
        header.ifi_flags = *change.up ? IFF_UP : 0;
        header.ifi_change = IFF_UP;
        if (const auto* const index = std::get_if<IfIndex>(&now)) header.ifi_index = index->value();
        NetlinkMessage message{RTM_NEWLINK, 0, header};
        if (const auto* const name = std::get_if<InterfaceName>(&now))
            message.put_text(IFLA_IFNAME, name->text());
        append(batch, message);
    }
}

void set_loopback_up(NetlinkBatch& batch) {
    set_link(batch, IfIndex{kLoopbackIndex}, {.up = true});
}

void remove_link(NetlinkBatch& batch, const LinkRef& link) {
    append(batch, link_message(RTM_DELLINK, 0, link), Tolerate::missing);
}

void remove_link_group(NetlinkBatch& batch, LinkGroup group) {
    NetlinkMessage message{RTM_DELLINK, 0, ifinfomsg{}};
    message.put_u32(IFLA_GROUP, group.value());
    append(batch, message, Tolerate::missing);
}

Result<void> set_link(Netlink& netlink, const LinkRef& link, const LinkChange& change) {
    return execute_appended(netlink, [&](auto& batch) { set_link(batch, link, change); });
}

Result<void> set_loopback_up(Netlink& netlink) {
    return execute_appended(netlink, [&](auto& batch) { set_loopback_up(batch); });
}

Result<void> remove_link(Netlink& netlink, const LinkRef& link) {
    return execute_appended(netlink, [&](auto& batch) { remove_link(batch, link); });
}

Result<void> remove_link_group(Netlink& netlink, LinkGroup group) {
    return execute_appended(netlink, [&](auto& batch) { remove_link_group(batch, group); });
}

Result<void> remove_links(Netlink& netlink, std::span<const InterfaceName> names) {
    NetlinkBatch batch;
    for (const InterfaceName& name : names) {
        auto message = link_message(RTM_NEWLINK, 0, name);
        put_changes(message, {.group = kLeaving});
        append(batch, message, Tolerate::missing);
    }
    remove_link_group(batch, kLeaving);
    return netlink.execute(batch);
}

}  // namespace flatlan
