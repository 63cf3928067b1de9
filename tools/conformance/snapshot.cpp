#include "tools/conformance/snapshot.hpp"

#include <algorithm>
#include <map>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::conformance {
namespace {

using Names = std::map<IfIndex, std::string>;

std::string device_words(const Names& names, const std::optional<IfIndex>& device) {
    const auto found = device ? names.find(*device) : names.end();
    return found == names.end() ? "" : " on " + found->second;
}

bool is_link_local(const IpAddress& address) {
    static const IpPrefix kLinkLocal = IpPrefix::from_text("fe80::/10").value();
    static const IpPrefix kMulticast = IpPrefix::from_text("ff00::/8").value();
    return kLinkLocal.contains(address) || kMulticast.contains(address);
}

}  // namespace

Result<Snapshot> take_snapshot(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(addresses, list_addresses(netlink));
    FLATLAN_TRY(neighbours, list_neighbours(netlink));
    FLATLAN_TRY(routes, list_routes(netlink));
    Snapshot snapshot;
    Names names;
    for (const Link& link : links) {
        names.emplace(link.index, link.name.text());
        snapshot.insert("interface " + link.name.text());
    }
    for (const InterfaceAddress& held : addresses)
        if (!is_link_local(held.address))
            snapshot.insert("address " + to_string(held.address) +
                            device_words(names, held.device));
    for (const Neighbour& known : neighbours)
        if (known.state == NeighbourState::permanent && !is_link_local(known.address))
            snapshot.insert("neighbour " + to_string(known.address) +
                            device_words(names, known.device));
    for (const Route& route : routes)
        if (!is_link_local(route.destination.address()))
            snapshot.insert("route to " + to_string(route.destination) +
                            device_words(names, route.device));
    return snapshot;
}

std::vector<std::string> added(const Snapshot& before, const Snapshot& after) {
    std::vector<std::string> more;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(more));
    return more;
}

}  // namespace flatlan::conformance
