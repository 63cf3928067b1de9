#include "ipam/gateway.hpp"

#include <algorithm>
#include <string>

#include "overlay/base/check.hpp"

namespace flatlan::ipam {
namespace {

constexpr std::string_view kContainer = "gateway-";
constexpr std::string_view kInterface = "gateway";

bool lies_in(const IpPrefix& block, const Lease& lease) {
    return (lease.addresses.ipv4 && block.contains(*lease.addresses.ipv4)) ||
           (lease.addresses.ipv6 && block.contains(*lease.addresses.ipv6));
}

bool is_used(const Lease& gateway, const PoolView& pool, const std::set<IpAddress>& own) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = gateway.addresses.find(family))
            if (own.contains(*address)) return true;
    const auto held =
        std::find_if(pool.blocks.begin(), pool.blocks.end(),
                     [&](const HeldBlock& each) { return lies_in(each.block, gateway); });
    return held != pool.blocks.end() &&
           std::any_of(pool.leases.begin(), pool.leases.end(), [&](const Lease& lease) {
               return !is_gateway(lease.key) && lease.key.network() == gateway.key.network() &&
                      lies_in(held->block, lease);
           });
}

std::vector<Lease> gateways(const PoolView& pool, const std::set<IpAddress>& own, bool used) {
    std::vector<Lease> found;
    for (const Lease& lease : pool.leases)
        if (is_gateway(lease.key) && is_used(lease, pool, own) == used) found.push_back(lease);
    return found;
}

}  // namespace

LeaseKey gateway_key(std::string_view network, const IpPrefix& block) {
    std::string container{kContainer};
    container += to_string(block);
    std::replace(container.begin(), container.end(), '/', '-');
    std::replace(container.begin(), container.end(), ':', '_');
    auto key = LeaseKey::from(network, container, kInterface);
    FLATLAN_CHECK(key.has_value());
    return std::move(key).value();
}

bool is_gateway(const LeaseKey& key) {
    return key.interface() == kInterface && key.container().starts_with(kContainer);
}

std::vector<Lease> used_gateways(const PoolView& pool, const std::set<IpAddress>& own) {
    return gateways(pool, own, true);
}

std::vector<Lease> unused_gateways(const PoolView& pool, const std::set<IpAddress>& own) {
    return gateways(pool, own, false);
}

}  // namespace flatlan::ipam
