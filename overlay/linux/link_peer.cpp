#include "overlay/linux/link_peer.hpp"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

namespace flatlan {
namespace {

std::string describe(const NetlinkMessageView&) { return "ask for a namespace's number"; }

}  // namespace

Result<std::map<IfIndex, LinkPeer>> list_link_peers(Netlink& netlink) {
    using Entry = std::pair<IfIndex, LinkPeer>;
    NetlinkMessage request{RTM_GETLINK, 0, ifinfomsg{}};
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    FLATLAN_TRY(
        found,
        netlink.dump(request, "list the ends of interfaces", [](const NetlinkMessageView& message) {
            std::optional<Entry> entry;
            const auto header = message.header<ifinfomsg>();
            const auto more = message.attributes<ifinfomsg>();
            const auto far = more.u32(IFLA_LINK);
            if (!header || header->ifi_index <= 0) return entry;
            if (!far || *far == 0) return entry;
            entry = Entry{
                IfIndex{header->ifi_index},
                {IfIndex{static_cast<int>(*far)}, more.object<std::int32_t>(IFLA_LINK_NETNSID)}};
            return entry;
        }));
    return std::map<IfIndex, LinkPeer>{found.begin(), found.end()};
}

Result<std::optional<std::int32_t>> find_network_id(Netlink& netlink, const Namespace& other) {
    NetlinkMessage request{RTM_GETNSID, 0, rtgenmsg{}};
    request.put_u32(NETNSA_FD, static_cast<std::uint32_t>(other.fd()));
    NetlinkBatch batch;
    batch.append(request, describe);
    std::optional<std::int32_t> number;
    FLATLAN_TRY_VOID(netlink.execute(batch, [&](const NetlinkMessageView& answer) {
        number = answer.attributes<rtgenmsg>().object<std::int32_t>(NETNSA_NSID);
    }));
    if (number && *number < 0) number.reset();  // NETNSA_NSID_NOT_ASSIGNED
    return number;
}

}  // namespace flatlan
