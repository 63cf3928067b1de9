#include "overlay/linux/fdb_use.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace flatlan {
namespace {

constexpr std::chrono::milliseconds kTick{10};  // USER_HZ is 100 on every machine

}  // namespace

Result<std::vector<FdbUse>> list_fdb_uses(Netlink& netlink, IfIndex device) {
    ndmsg header{};
    header.ndm_family = PF_BRIDGE;
    header.ndm_ifindex = device.value();
    return netlink.dump(NetlinkMessage{RTM_GETNEIGH, 0, header},
                        "list when forwarding entries were used",
                        [&](const NetlinkMessageView& message) -> std::optional<FdbUse> {
                            const auto found = message.header<ndmsg>();
                            if (!found || found->ndm_ifindex != device.value()) return std::nullopt;
                            const auto attributes = message.attributes<ndmsg>();
                            const auto remote = attributes.address(NDA_DST);
                            const auto times = attributes.object<nda_cacheinfo>(NDA_CACHEINFO);
                            // One that is made counts as used at that moment.
                            if (!remote || !times || times->ndm_used >= times->ndm_updated)
                                return std::nullopt;
                            return FdbUse{*remote, times->ndm_used * kTick};
                        });
}

}  // namespace flatlan
