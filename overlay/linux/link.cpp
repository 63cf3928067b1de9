#include "overlay/linux/link.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>

#include "overlay/base/bytes.hpp"
#include "overlay/linux/link_message.hpp"

namespace flatlan {
namespace {

constexpr std::uint32_t kLowerUp = 0x10000;  // IFF_LOWER_UP, which glibc's net/if.h lacks

LinkStats parse_stats(const NetlinkAttributes& attributes) {
    const auto stats = attributes.object<rtnl_link_stats64>(IFLA_STATS64);
    if (!stats) return {};
    return {.received_packets = stats->rx_packets,
            .received_bytes = stats->rx_bytes,
            .received_errors = stats->rx_errors,
            .received_dropped = stats->rx_dropped,
            .sent_packets = stats->tx_packets,
            .sent_bytes = stats->tx_bytes,
            .sent_errors = stats->tx_errors,
            .sent_dropped = stats->tx_dropped};
}

VxlanSettings parse_vxlan(const NetlinkAttributes& data) {
    VxlanSettings settings;
    if (const auto vni = data.u32(IFLA_VXLAN_ID); vni && *vni <= Vni::kMax)
        settings.vni = Vni{*vni};
    if (const auto port = data.object<std::array<std::byte, 2>>(IFLA_VXLAN_PORT))
        settings.port = Port{ByteReader{*port}.u16()};
    if (const auto local = data.address(IFLA_VXLAN_LOCAL)) settings.local = *local;
    if (const auto local = data.address(IFLA_VXLAN_LOCAL6)) settings.local = *local;
    settings.ttl = data.u8(IFLA_VXLAN_TTL).value_or(0);
    settings.udp_checksum = settings.local.is_ipv4()
                                ? data.u8(IFLA_VXLAN_UDP_CSUM).value_or(0) != 0
                                : data.u8(IFLA_VXLAN_UDP_ZERO_CSUM6_TX).value_or(0) == 0;
    settings.learning = data.u8(IFLA_VXLAN_LEARNING).value_or(0) != 0;
    settings.inherits_tos = data.u8(IFLA_VXLAN_TOS).value_or(0) == kVxlanTosInherit;
    settings.forbids_fragments = data.u8(IFLA_VXLAN_DF).value_or(0) == VXLAN_DF_SET;
    return settings;
}

std::optional<IfIndex> index_from(std::optional<std::uint32_t> raw) {
    if (!raw || *raw == 0) return std::nullopt;
    return IfIndex{static_cast<int>(*raw)};
}

NetlinkMessage question(const LinkRef& link, std::uint32_t extended) {
    auto message = link_message(RTM_GETLINK, 0, link);
    message.put_u32(IFLA_EXT_MASK, extended);
    return message;
}

}  // namespace

std::optional<Link> parse_link(const NetlinkMessageView& message) {
    const auto header = message.header<ifinfomsg>();
    const auto attributes = message.attributes<ifinfomsg>();
    if (!header || header->ifi_index <= 0) return std::nullopt;
    auto name = InterfaceName::from(attributes.text(IFLA_IFNAME));
    if (!name) return std::nullopt;
    Link link{.index = IfIndex{header->ifi_index},
              .name = std::move(name).value(),
              .alias = std::string{attributes.text(IFLA_IFALIAS)},
              .mtu = LinkMtu{attributes.u32(IFLA_MTU).value_or(0)},
              .group = LinkGroup{attributes.u32(IFLA_GROUP).value_or(0)},
              .flags = header->ifi_flags,
              .mac = attributes.mac(IFLA_ADDRESS),
              .peer = index_from(attributes.u32(IFLA_LINK)),
              .master = index_from(attributes.u32(IFLA_MASTER)),
              .stats = parse_stats(attributes)};
    const auto info = attributes.nested(IFLA_LINKINFO);
    link.kind = info.text(IFLA_INFO_KIND);
    if (link.kind == "vxlan") link.vxlan = parse_vxlan(info.nested(IFLA_INFO_DATA));
    const auto ipv6 = attributes.nested(IFLA_AF_SPEC).nested(AF_INET6);
    link.makes_link_local = ipv6.u8(IFLA_INET6_ADDR_GEN_MODE).value_or(IN6_ADDR_GEN_MODE_NONE) !=
                            IN6_ADDR_GEN_MODE_NONE;
    return link;
}

bool Link::is_up() const { return (flags & IFF_UP) != 0; }
bool Link::has_carrier() const { return (flags & kLowerUp) != 0; }
bool Link::is_running() const { return (flags & IFF_RUNNING) != 0; }

std::string to_string(const LinkRef& link) {
    if (const auto* const name = std::get_if<InterfaceName>(&link)) return "'" + name->text() + "'";
    return "interface " + std::to_string(std::get<IfIndex>(link).value());
}

Result<std::optional<Link>> find_link(Netlink& netlink, const LinkRef& link) {
    NetlinkBatch batch;
    batch.append(question(link, 0), describe_link, Tolerate::missing);
    std::optional<Link> found;
    FLATLAN_TRY_VOID(
        netlink.execute(batch, [&](const auto& answer) { found = parse_link(answer); }));
    return found;
}

Result<Link> get_link(Netlink& netlink, const LinkRef& link) {
    FLATLAN_TRY(found, find_link(netlink, link));
    if (!found) return Error{ErrorCode::not_found, "there is no interface " + to_string(link)};
    return std::move(*found);
}

Result<std::vector<Link>> get_links(Netlink& netlink, std::span<const InterfaceName> names) {
    NetlinkBatch batch;
    for (const auto& name : names)
        batch.append(question(name, RTEXT_FILTER_SKIP_STATS), describe_link);
    std::vector<Link> links;
    FLATLAN_TRY_VOID(netlink.execute(batch, [&](const auto& answer) {
        if (auto link = parse_link(answer)) links.push_back(std::move(*link));
    }));
    if (links.size() != names.size())
        return Error{ErrorCode::system, "the kernel left an interface out of its answer"};
    return links;
}

Result<std::vector<Link>> list_links(Netlink& netlink, WithStats stats) {
    NetlinkMessage request{RTM_GETLINK, 0, ifinfomsg{}};
    request.put_u32(IFLA_EXT_MASK, stats == WithStats::yes ? 0 : RTEXT_FILTER_SKIP_STATS);
    return netlink.dump(request, "list interfaces", parse_link);
}

}  // namespace flatlan
