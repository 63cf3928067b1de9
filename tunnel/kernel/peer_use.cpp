#include "tunnel/kernel/peer_use.hpp"

#include "overlay/linux/fdb_use.hpp"
#include "overlay/linux/link.hpp"
#include "tunnel/kernel/state.hpp"

namespace flatlan::tunnel {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBeforeTheFirst = 30s;
/// The device counts a packet a moment after the entry was looked up: a packet that was not counted
/// yet when the counters were read last must not be passed over now.
constexpr Duration kSlack = 1s;

}  // namespace

Result<PeerUse> PeerUse::open(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    return PeerUse{std::move(netlink)};
}

Result<std::vector<IpAddress>> PeerUse::poll(Instant now) {
    std::vector<IpAddress> endpoints;
    FLATLAN_TRY(device, find_link(netlink_, VxlanDevice{}.name));
    if (!device) return endpoints;
    const Duration span = polled_at_ ? now - *polled_at_ + kSlack : kBeforeTheFirst;
    polled_at_ = now;
    const LinkStats& stats = device->stats;
    const std::uint64_t sent = stats.sent_packets + stats.sent_dropped + stats.sent_errors;
    if (std::exchange(sent_, sent) == sent) return endpoints;
    FLATLAN_TRY(uses, list_fdb_uses(netlink_, device->index));
    for (const FdbUse& use : uses)
        if (use.ago <= span) endpoints.push_back(use.remote);
    return endpoints;
}

}  // namespace flatlan::tunnel
