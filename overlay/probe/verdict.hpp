#pragma once

#include <cstdint>
#include <string_view>

namespace flatlan::probe {

/// What is wrong with a way, or that nothing is: the closed list of the design, section 7 and
/// ruling 23. The words stand in JSON answers, so they are never renamed.
enum class Verdict : std::uint8_t {
    delivered,
    no_route,               ///< a routing table on the way has nothing for the destination
    wrong_route,            ///< a routing table sends it elsewhere
    neighbour_missing,      ///< the next hop's MAC address is not known
    neighbour_wrong,        ///< the next hop's MAC address is another one's
    fdb_missing,            ///< the tunnel does not know behind which endpoint the MAC address is
    fdb_wrong,              ///< the tunnel sends it to the wrong endpoint
    tunnel_missing,         ///< there is no tunnel device
    tunnel_port_blocked,    ///< the tunnel's UDP port does not pass the underlay
    underlay_unreachable,   ///< the underlay does not carry packets between the endpoints
    sender_rejected,        ///< the receiving endpoint does not accept the sender
    vni_mismatch,           ///< the two ends use different VXLAN network identifiers
    forwarding_off,         ///< a node does not forward
    reverse_path_filter,    ///< a node drops because the way back would be another one
    filtered,               ///< a rule drops or rejects it
    source_rewritten,       ///< somebody changed the source address or port
    destination_rewritten,  ///< somebody changed the destination address or port
    mtu_black_hole,         ///< large packets vanish
    ttl_expired,            ///< the packet was forwarded too often
    duplicate_address,      ///< somebody else has the address too
    hairpin_failed,         ///< a pod does not reach itself through its own address
    link_down,              ///< an interface on the way is down
    address_missing,        ///< the address is not on the pod or node that should have it
    pod_missing,            ///< the network namespace is not there (any more)
    no_listener,            ///< nobody listens on the port
    checksum_fault,         ///< packets arrive with a wrong checksum
    loss,                   ///< some packets of many vanish
    tester_overloaded,      ///< the tester's own limits were the cause: says nothing of the network
    unknown,                ///< none of these was proved; the evidence says what was seen
};

/// The verdict's word: "delivered", "no_route" and so on.
std::string_view to_string(Verdict verdict);

/// What a person can do about it, one sentence without a full stop; empty where nothing general can
/// be said.
std::string_view mend_for(Verdict verdict);

}  // namespace flatlan::probe
