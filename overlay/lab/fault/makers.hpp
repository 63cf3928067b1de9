#pragma once

#include <functional>
#include <string>

#include "overlay/lab/fault/scene.hpp"

/// What makes each fault of the catalogue. What it changes of a place's tables (place_tables.hpp)
/// is taken away by whoever calls it; a maker knows how to take away the rest.
namespace flatlan::lab {

/// Takes away what is in no table, in the place where it was made.
using FaultUndo = std::function<Result<void>(const Namespace& network, Netlink& netlink)>;

/// What a maker did.
struct MadeFault {
    std::string what;  ///< what was changed, one clause
    FaultUndo undo{};  ///< none: all of it is in the tables
};

/// Of routes as a person makes them (RTPROT_STATIC of rtnetlink(7)).
inline constexpr RouteProtocol kByHand{4};

using FaultMaker = Result<MadeFault> (*)(Scene& scene);

// table_faults.cpp
Result<MadeFault> lose_route(Scene& scene);
Result<MadeFault> lose_underlay_route(Scene& scene);
Result<MadeFault> turn_route(Scene& scene);
Result<MadeFault> prohibit_by_rule(Scene& scene);
Result<MadeFault> lose_neighbour(Scene& scene);
Result<MadeFault> change_neighbour(Scene& scene);
Result<MadeFault> lose_fdb_entry(Scene& scene);
Result<MadeFault> change_fdb_entry(Scene& scene);

// link_faults.cpp
Result<MadeFault> set_link_down(Scene& scene);
Result<MadeFault> set_loopback_down(Scene& scene);
Result<MadeFault> set_tunnel_down(Scene& scene);
Result<MadeFault> lose_tunnel(Scene& scene);
Result<MadeFault> change_vni(Scene& scene);
Result<MadeFault> change_tunnel_port(Scene& scene);
Result<MadeFault> narrow_silently(Scene& scene);

// address_faults.cpp
Result<MadeFault> lose_addresses(Scene& scene);
Result<MadeFault> take_addresses(Scene& scene);
Result<MadeFault> widen_netmask(Scene& scene);

// setting_faults.cpp
Result<MadeFault> stop_forwarding(Scene& scene);
Result<MadeFault> check_reverse_path(Scene& scene);

// filter_faults.cpp
Result<MadeFault> drop_packets(Scene& scene);
Result<MadeFault> reject_packets(Scene& scene);
Result<MadeFault> lose_packets(Scene& scene);
Result<MadeFault> masquerade(Scene& scene);
Result<MadeFault> redirect(Scene& scene);
Result<MadeFault> use_up_ttl(Scene& scene);
Result<MadeFault> spoil_checksum(Scene& scene);
Result<MadeFault> disguise_endpoint(Scene& scene);
Result<MadeFault> block_tunnel_port(Scene& scene);

/// Makes a table of nftables of the fault's own, of what stands between its braces; it is taken
/// away as a whole.
Result<FaultUndo> add_filter(Scene& scene, const std::string& chains);

}  // namespace flatlan::lab
