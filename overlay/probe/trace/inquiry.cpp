#include "overlay/probe/trace/inquiry.hpp"

#include <algorithm>

namespace flatlan::trace {
namespace {

template <typename Range, typename Matches>
auto find(const Range& range, Matches matches) {
    const auto at = std::ranges::find_if(range, matches);
    return at == range.end() ? nullptr : &*at;
}

}  // namespace

const LinkFacts* PlaceFacts::link(IfIndex index) const {
    return find(links, [&](const LinkFacts& link) { return link.index == index; });
}

const LinkFacts* PlaceFacts::link(std::string_view name) const {
    return find(links, [&](const LinkFacts& link) { return link.name == name; });
}

const LinkFacts* PlaceFacts::vxlan_link() const {
    return find(links, [](const LinkFacts& link) { return link.vxlan.has_value(); });
}

const LinkFacts* PlaceFacts::bridge_link() const {
    return find(links, [](const LinkFacts& link) { return link.bridge; });
}

const NeighbourFacts* PlaceFacts::neighbour(IfIndex device, const IpAddress& address) const {
    return find(neighbours, [&](const NeighbourFacts& entry) {
        return entry.device == device && entry.address == address;
    });
}

const FdbFacts* PlaceFacts::fdb_entry(IfIndex device, const MacAddress& mac) const {
    return find(fdb,
                [&](const FdbFacts& entry) { return entry.device == device && entry.mac == mac; });
}

bool PlaceFacts::has_address(const IpAddress& address) const {
    return std::ranges::any_of(addresses,
                               [&](const AddressFacts& held) { return held.address == address; });
}

const RouteFacts* PlaceFacts::best_route(const IpAddress& address) const {
    const RouteFacts* best = nullptr;
    for (const RouteFacts& route : routes) {
        if (!route.destination.contains(address)) continue;
        const auto rank = [](const RouteFacts& each) {
            return std::pair{-static_cast<int>(each.destination.length_bits()), each.metric};
        };
        if (best == nullptr || rank(route) < rank(*best)) best = &route;
    }
    return best;
}

}  // namespace flatlan::trace
