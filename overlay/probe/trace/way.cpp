#include "overlay/probe/trace/way.hpp"

#include <algorithm>

namespace flatlan::trace {

std::vector<PlaceId> places_on_the_way(const Atlas& atlas, const Flow& flow,
                                       std::span<const Walk* const> walks) {
    std::vector<PlaceId> places;
    const auto add = [&](PlaceId place) {
        if (atlas.at(place).present && std::ranges::find(places, place) == places.end())
            places.push_back(place);
    };
    add(flow.from);
    if (flow.from != flow.to) {
        const PlaceId near = atlas.node_of(flow.from);
        const PlaceId far = atlas.node_of(flow.to);
        add(near);
        if (near != far && atlas.underlay) add(*atlas.underlay);
        add(far);
        add(flow.to);
    }
    for (const Walk* const walk : walks) {
        for (const Hop& hop : walk->hops)
            add(hop.place);
        if (walk->fault) add(walk->fault->place);
    }
    return places;
}

Result<std::optional<std::uint32_t>> largest_packet(Inquiry& inquiry, const Walk& walk) {
    std::optional<std::uint32_t> size;
    if (walk.hops.empty()) return size;
    FLATLAN_TRY(facts, inquiry.facts(walk.hops.front().place));
    const LinkFacts* const link = facts->link(walk.hops.front().device);
    if (link != nullptr && !link->loopback) size = link->mtu;
    return size;
}

}  // namespace flatlan::trace
