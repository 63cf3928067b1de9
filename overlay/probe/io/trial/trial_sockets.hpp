#pragma once

#include <array>

#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/trial/far_end.hpp"

namespace flatlan::trial {

/// Where a trial opens its sockets, on one thread.
struct TrialGround {
    const probe::Field& field;
    NamespaceScope& scope;         ///< of this thread
    const Doors* doors = nullptr;  ///< of members on other machines

    /// Null where the receiver is here.
    const Door* door_of(const Trial& trial) const;
};

/// Both ends of a flow by UDP, each in its member's namespace. The sender is connected and hears of
/// errors; both have ports that the kernel gave. A receiver on another machine is none here: it
/// answers the sender with a Receipt for each packet.
struct UdpFlow {
    UniqueFd sender;
    UniqueFd receiver;
    Endpoint source;
    Endpoint destination;
};

/// Errors: not_found (an address or a namespace is not there), exhausted, forbidden.
Result<UdpFlow> open_udp_flow(const TrialGround& ground, const Trial& trial);

/// The thread inside the member's namespace; not_found when that has vanished.
Result<void> enter(const TrialGround& ground, probe::MemberId member);

/// Which of two sockets has something within `patience`; neither when the time is up. The second
/// also when an error waits for it.
Result<std::array<bool, 2>> wait_for(const UniqueFd& first, short first_events,
                                     const UniqueFd& second, short second_events,
                                     Duration patience);

}  // namespace flatlan::trial
