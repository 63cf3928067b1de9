#include "overlay/linux/veth.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "overlay/linux/link_message.hpp"

namespace flatlan {
namespace {

/// The kernel makes a queue per processor for each direction unless told how many; a queue costs
/// memory and a pod's link needs one.
constexpr std::uint32_t kQueues = 1;

void put_queues_and_place(NetlinkMessage& message, const VethEnd& end) {
    message.put_u32(IFLA_NUM_TX_QUEUES, kQueues);
    message.put_u32(IFLA_NUM_RX_QUEUES, kQueues);
    if (end.network != nullptr)
        message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(end.network->fd()));
}

}  // namespace

void create_veth(NetlinkBatch& batch, const VethSpec& spec) {
    auto message = link_creation(spec.near.name, spec.near.mac, spec.mtu, spec.near.group);
    put_queues_and_place(message, spec.near);
    put_kind(message, "veth", [&] {
        message.put_nested(VETH_INFO_PEER, [&] {
            const ifinfomsg header{};
            message.append(std::as_bytes(std::span{&header, 1}));
            message.put_text(IFLA_IFNAME, spec.far.name.text());
            message.put_mac(IFLA_ADDRESS, spec.far.mac);
            message.put_u32(IFLA_MTU, spec.mtu.value());
            if (spec.far.group != LinkGroup{}) message.put_u32(IFLA_GROUP, spec.far.group.value());
            put_queues_and_place(message, spec.far);
        });
    });
    batch.append(message, describe_link);
}

Result<void> create_veth(Netlink& netlink, const VethSpec& spec) {
    return execute_appended(netlink, [&](auto& batch) { create_veth(batch, spec); });
}

}  // namespace flatlan
