#include "overlay/node/node.hpp"

#include <algorithm>

#include "tunnel/backend.hpp"

namespace flatlan::node {
namespace {

std::vector<IpFamily> families_of(const std::vector<IpPrefix>& prefixes) {
    std::vector<IpFamily> families;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (std::any_of(prefixes.begin(), prefixes.end(),
                        [&](const IpPrefix& prefix) { return prefix.family() == family; }))
            families.push_back(family);
    return families;
}

}  // namespace

Node::Node(ipam::NodeIdentity identity, const IpAddress& endpoint,
           const tunnel::TunnelSettings& settings, BlockClaims& claims)
    : identity_{std::move(identity)},
      families_{families_of(settings.cluster_prefixes)},
      claims_{claims},
      record_{.name = identity_.name,
              .endpoint = endpoint,
              .mac = tunnel::endpoint_mac(identity_.name, settings.vni),
              .overlay = {},
              .blocks = {}} {}

Result<void> Node::claim(IpFamily family) {
    FLATLAN_TRY(block, claims_.claim_confirmed(identity_, family));
    FLATLAN_TRY_VOID(pool_.add_block(block));
    record_.blocks = pool_.blocks();
    return success();
}

Result<void> Node::join(Instant now) {
    for (const IpFamily family : families_)
        FLATLAN_TRY_VOID(claim(family));
    FLATLAN_TRY(overlay, allocate(now, ipam::LeaseKey::of_node(identity_.name)));
    record_.overlay = overlay;
    return success();
}

Result<IpAddresses> Node::allocate(Instant now, const ipam::LeaseKey& key) {
    for (const IpFamily family : families_)
        if (const auto usage = pool_.usage(now, family); usage.free + usage.cooling == 0)
            FLATLAN_TRY_VOID(claim(family));
    ipam::AddressRequest request;
    for (const IpFamily family : families_)
        (family == IpFamily::ipv4 ? request.ipv4 : request.ipv6) = true;
    return pool_.allocate(key, request);
}

Result<void> Node::claim_ahead(Instant now) {
    for (const IpFamily family : families_) {
        if (!pool_.wants_block(now, family)) continue;
        auto claimed = claim(family);
        if (!claimed && claimed.error().code() != ErrorCode::exhausted)
            return std::move(claimed).error();
    }
    return success();
}

Result<void> Node::leave(Instant now) {
    pool_.release(now, ipam::LeaseKey::of_node(identity_.name));
    for (const IpPrefix& block : pool_.blocks()) {
        FLATLAN_TRY_VOID(pool_.remove_block(block));
        FLATLAN_TRY_VOID(claims_.release(identity_, block));
    }
    record_.blocks.clear();
    return success();
}

Result<tunnel::TunnelChange> Node::reconcile(tunnel::Backend& backend,
                                             const control::Directory& directory,
                                             std::span<const tunnel::PathMtu> narrow_paths) {
    tunnel::TunnelWanted wanted = directory.wanted_for(identity_.name);
    wanted.narrow_paths = narrow_paths;
    return backend.apply(wanted);
}

}  // namespace flatlan::node
