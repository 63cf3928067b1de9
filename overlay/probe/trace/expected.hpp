#pragma once

#include "overlay/probe/trace/walk.hpp"

/// What should be: which link leads from a place towards another, and what must stand in a place's
/// tables for it.
namespace flatlan::trace {

/// What a walk goes over.
struct Ground {
    const Atlas& atlas;
    Inquiry& inquiry;

    const Place& at(PlaceId place) const { return atlas.at(place); }
};

/// A packet at a place: what the place's kernel judges it by, and where it should end. Of the
/// tunnel's own packets (`outer`) that is a node.
struct Passage {
    PlaceId place;
    std::optional<IfIndex> input;  ///< none: sent here
    IpAddress source;
    IpAddress destination;
    PlaceId goal;
    bool outer = false;

    IpFamily family() const { return destination.family(); }
};

/// The link by which the packet should leave; nothing when the place has no such link, or when it
/// should not leave.
Result<const LinkFacts*> expected_link(const Ground& ground, const Passage& at);

/// The link of a node that has its underlay address; null when there is none.
Result<const LinkFacts*> underlay_link(const Ground& ground, PlaceId node);

/// Whether it should go into the tunnel here.
bool enters_tunnel(const Ground& ground, const Passage& at);

/// The tunnel device of a node; null when there is none.
Result<const LinkFacts*> tunnel_of(const Ground& ground, PlaceId node);

/// The other end of a pair of interfaces; null when it is not in the atlas.
Result<const LinkFacts*> other_end_of(const Ground& ground, const LinkFacts& link);

/// The next hop that a place with one way out should use for the packet; nothing where there is
/// none, or where it is not known.
Result<std::optional<IpAddress>> gateway_of(const Ground& ground, const Passage& at,
                                            const LinkFacts& link);

/// The prefix to which the place should have a route for the packet, and the next hop on `link`; no
/// next hop where the destination itself is on the link.
struct ExpectedRoute {
    IpPrefix prefix;
    std::optional<IpAddress> via;
};
Result<ExpectedRoute> expected_route(const Ground& ground, const Passage& at,
                                     const LinkFacts& link);

}  // namespace flatlan::trace
