#include "overlay/pod/sandbox/pod_routes.hpp"

#include <algorithm>
#include <vector>

#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/pod/sandbox/link_alias.hpp"

namespace flatlan::pod {
namespace {

using Candidates = std::map<IpAddress, std::vector<Route>>;

/// By the address of a pod the routes that would do: one for each link that is the pod's.
Candidates candidates_of(const std::vector<Link>& links, const IpAddresses& overlay,
                         const std::map<std::string, IpAddresses>& addresses) {
    Candidates candidates;
    for (const Link& link : links) {
        const auto pod = addresses.find(link_alias_from_text(link.alias).lease_key);
        if (pod == addresses.end() || !link.is_up()) continue;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto address = pod->second.find(family))
                candidates[*address].push_back({.destination = IpPrefix::host(*address),
                                                .device = link.index,
                                                .preferred_source = overlay.find(family)});
    }
    return candidates;
}

}  // namespace

Result<std::size_t> ensure_pod_routes(const Namespace& node, const IpAddresses& overlay,
                                      const std::map<std::string, IpAddresses>& addresses) {
    if (addresses.empty()) return std::size_t{0};
    FLATLAN_TRY(netlink, Netlink::open_in(node));
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(routes, list_routes(netlink, {.protocol = kFlatlanRoutes}));
    NetlinkBatch batch;
    for (const auto& [address, candidates] : candidates_of(links, overlay, addresses))
        if (std::find_first_of(routes.begin(), routes.end(), candidates.begin(),
                               candidates.end()) == routes.end())
            replace_route(batch, candidates.back());
    FLATLAN_TRY_VOID(netlink.execute(batch));
    return batch.size();
}

}  // namespace flatlan::pod
