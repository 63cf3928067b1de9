#include "tools/cni/container.hpp"

#include <algorithm>

#include "overlay/base/hash.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route.hpp"
#include "tools/cni/words.hpp"

namespace flatlan::cni {
namespace {

/// "fl" and 13 digits of five bits: all 64 bits of the hash in the 15 characters that there are.
constexpr std::string_view kPrefix = "fl";
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr unsigned kDigitBits = 5;

/// What IPv6 takes for a metric of zero (IP6_RT_PRIO_USER).
constexpr std::uint32_t kMetricDefault = 1024;

Failure not_a_namespace(const std::string& path, const std::string& why) {
    return {Code::invalid_namespace, "CNI_NETNS " + printable(path) + " " + why,
            "expected the path of the container's network namespace"};
}

}  // namespace

InterfaceName node_end_of(const ipam::LeaseKey& key) {
    std::string name{kPrefix};
    std::uint64_t hash = stable_hash(key.text());
    while (name.size() < InterfaceName::kSizeMax) {
        name += kDigits[hash % kDigits.size()];
        hash >>= kDigitBits;
    }
    return InterfaceName{name};
}

Outcome<Namespace> open_container(const std::string& path, const Namespace& node) {
    auto container = Namespace::open(path);
    if (!container) return not_a_namespace(path, "cannot be opened: " + container.error().text());
    if (container.value().kind() != NamespaceKind::network)
        return not_a_namespace(path, "is no network namespace");
    if (container.value().inode() == node.inode())
        return not_a_namespace(path, "is the node's own network namespace");
    return std::move(container).value();
}

Result<ContainerLook> look_into(Netlink& container, const InterfaceName& interface) {
    FLATLAN_TRY(links, list_links(container));
    ContainerLook look;
    for (const Link& link : links)
        look.has_interface = look.has_interface || link.name == interface;
    constexpr std::size_t kLoopbackAlone = 1;
    if (links.size() <= kLoopbackAlone) return look;
    FLATLAN_TRY(routes, list_routes(container));
    for (const Route& route : routes)
        if (route.type == RouteType::unicast && route.metric < kLastMetric)
            look.free_metric = std::max({look.free_metric, kMetricDefault, route.metric}) + 1;
    return look;
}

Result<PairState> state_of_pair(Netlink& node, const InterfaceName& node_end) {
    FLATLAN_TRY(link, find_link(node, node_end));
    if (!link) return PairState::none;
    FLATLAN_TRY(routes, list_routes(node, {.protocol = kFlatlanRoutes, .device = link->index}));
    return routes.empty() ? PairState::unfinished : PairState::finished;
}

Result<void> remove_leftover_routes(const Namespace& container) {
    FLATLAN_TRY(inside, Netlink::open_in(container));
    FLATLAN_TRY(routes, list_routes(inside, {.protocol = kFlatlanRoutes}));
    NetlinkBatch batch;
    for (Route& route : routes) {
        if (route.type != RouteType::unreachable) return success();  // another interface of ours
        route.device.reset();  // IPv6 says `lo` for a route that leads nowhere
        remove_route(batch, route);
    }
    return inside.execute(batch);
}

}  // namespace flatlan::cni
