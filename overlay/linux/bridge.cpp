#include "overlay/linux/bridge.hpp"

#include <linux/if_link.h>

#include "overlay/linux/link_message.hpp"

namespace flatlan {

void create_bridge(NetlinkBatch& batch, const BridgeSpec& spec) {
    auto message = link_creation(spec.name, spec.mac, spec.mtu, spec.group);
    put_kind(message, "bridge", [&] { message.put_u32(IFLA_BR_STP_STATE, 0); });
    batch.append(message, describe_link);
    set_link(batch, spec.name, {.no_link_local = true});
}

Result<void> create_bridge(Netlink& netlink, const BridgeSpec& spec) {
    return execute_appended(netlink, [&](auto& batch) { create_bridge(batch, spec); });
}

}  // namespace flatlan
