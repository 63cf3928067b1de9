#pragma once

#include <linux/if_link.h>

#include <string>
#include <string_view>

#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink_message.hpp"

/// What the makers of interfaces share in building their requests; for overlay/linux alone.
namespace flatlan {

/// A value of IFLA_VXLAN_TOS: take the inner header's (vxlan_xmit_one in drivers/net/vxlan).
inline constexpr std::uint8_t kVxlanTosInherit = 1;

/// RTM_NEWLINK, RTM_DELLINK or RTM_GETLINK of the interface.
NetlinkMessage link_message(std::uint16_t type, std::uint16_t flags, const LinkRef& link);

/// RTM_NEWLINK that makes an interface, without its kind (put_kind).
NetlinkMessage link_creation(const InterfaceName& name, const MacAddress& mac, LinkMtu mtu,
                             LinkGroup group);

/// The kind and, put by `fill`, what is special to it.
template <typename Fill>
void put_kind(NetlinkMessage& message, std::string_view kind, Fill fill) {
    message.put_nested(IFLA_LINKINFO, [&] {
        message.put_text(IFLA_INFO_KIND, kind);
        message.put_nested(IFLA_INFO_DATA, fill);
    });
}

/// "create veth 'p1'", "change 'p1'", "delete 'p1'" and so on.
std::string describe_link(const NetlinkMessageView& request);

}  // namespace flatlan
