#pragma once

#include "overlay/probe/trace/expected.hpp"

/// How a packet gets on to the next place: over a cable, through a switch, or through the tunnel.
namespace flatlan::trace {

/// The far end of a cable, behind a switch if there is one.
struct FarEnd {
    PlaceId place;
    const LinkFacts* link = nullptr;  ///< null where nobody can look at it
};

/// The next hop's MAC address is missing or another one's; nothing when it is right.
Result<std::optional<Fault>> blame_neighbour(const Ground& ground, const Passage& at,
                                             const RouteAnswer& answer, const LinkFacts& link,
                                             const FarEnd& far);

/// Why a switch does not pass on what comes in by `entry` and should leave by `exit`, each one of
/// its ends of a cable; nothing when it does.
Result<std::optional<Fault>> blame_switch(const Ground& ground, PlaceId place,
                                          const LinkFacts& bridge, const LinkFacts& entry,
                                          const LinkFacts& exit);

/// A packet at the entry of the tunnel: what is wrong there, or the outer packet.
struct Crossing {
    std::optional<Fault> fault{};
    Passage outer;
    std::uint32_t overhead = 0;  ///< octets that the outer headers add
};
Result<Crossing> prepare_crossing(const Ground& ground, const Passage& at,
                                  const RouteAnswer& answer, const LinkFacts& link);

/// Why the far end does not take what arrives at its address; nothing when it does. `tunnel` is its
/// device, null when there is none.
Result<std::optional<Fault>> blame_far_tunnel(const Ground& ground, PlaceId near_node,
                                              const LinkFacts& near, PlaceId far_node,
                                              const LinkFacts* tunnel);

}  // namespace flatlan::trace
