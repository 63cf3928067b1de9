#include "overlay/linux/vxlan.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>

#include "overlay/base/bytes.hpp"
#include "overlay/linux/link_message.hpp"

namespace flatlan {
namespace {

std::uint8_t flag(bool value) { return value ? 1 : 0; }

void put_changeable(NetlinkMessage& message, const VxlanSettings& settings) {
    message.put_u32(IFLA_VXLAN_ID, settings.vni.value());
    message.put_address(settings.local.is_ipv4() ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6,
                        settings.local);
    message.put_u8(IFLA_VXLAN_TTL, settings.ttl);
    message.put_u8(IFLA_VXLAN_LEARNING, flag(settings.learning));
    message.put_u8(IFLA_VXLAN_TOS, settings.inherits_tos ? kVxlanTosInherit : std::uint8_t{0});
    message.put_u8(IFLA_VXLAN_DF, settings.forbids_fragments ? VXLAN_DF_SET : VXLAN_DF_UNSET);
}

void put_fixed(NetlinkMessage& message, const VxlanSettings& settings) {
    std::array<std::byte, 2> port{};  // in network order, unlike nearly all of netlink
    ByteWriter{port}.u16(settings.port.value());
    message.put(IFLA_VXLAN_PORT, port);
    message.put_u8(IFLA_VXLAN_UDP_CSUM, flag(settings.udp_checksum));
    message.put_u8(IFLA_VXLAN_UDP_ZERO_CSUM6_TX, flag(!settings.udp_checksum));
    message.put_u8(IFLA_VXLAN_UDP_ZERO_CSUM6_RX, flag(true));
}

}  // namespace

void create_vxlan(NetlinkBatch& batch, const VxlanSpec& spec) {
    auto message = link_creation(spec.name, spec.mac, spec.mtu, spec.group);
    put_kind(message, "vxlan", [&] {
        put_changeable(message, spec.settings);
        put_fixed(message, spec.settings);
    });
    batch.append(message, describe_link);
    LinkChange change{.no_link_local = true};
    if (!spec.alias.empty()) change.alias = spec.alias;
    set_link(batch, spec.name, change);
}

Result<void> create_vxlan(Netlink& netlink, const VxlanSpec& spec) {
    return execute_appended(netlink, [&](auto& batch) { create_vxlan(batch, spec); });
}

void set_vxlan(NetlinkBatch& batch, const LinkRef& link, const VxlanSettings& settings) {
    auto message = link_message(RTM_NEWLINK, 0, link);
    put_kind(message, "vxlan", [&] { put_changeable(message, settings); });
    batch.append(message, describe_link);
}

Result<void> set_vxlan(Netlink& netlink, const LinkRef& link, const VxlanSettings& settings) {
    return execute_appended(netlink, [&](auto& batch) { set_vxlan(batch, link, settings); });
}

}  // namespace flatlan
