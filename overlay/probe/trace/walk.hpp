#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/probe/trace/inquiry.hpp"
#include "overlay/probe/verdict.hpp"

namespace flatlan::trace {

enum class Action : std::uint8_t { send, forward, encapsulate, decapsulate, receive };
/// The enumerator's word, as in JSON.
std::string_view to_string(Action action);

/// One station of a packet's way: a place, and the device by which it goes on or came in.
struct Hop {
    PlaceId place;
    std::string device;  ///< empty where the packet got to no device
    Action action = Action::send;
    bool outer = false;          ///< as a packet of the tunnel, from endpoint to endpoint
    std::uint32_t overhead = 0;  ///< octets by which the packet has grown here
    std::string evidence{};      ///< what decided it
    std::uint32_t mtu = 0;       ///< of the device or the cable's other end, the lesser
    PlaceId mtu_place = place;   ///< whose it is
    std::string mtu_device = device;
};

/// Something that keeps a packet from arriving, and where.
struct Fault {
    probe::Verdict verdict = probe::Verdict::unknown;
    PlaceId place;
    std::string reason;                 ///< one sentence, without a full stop
    std::vector<std::string> evidence;  ///< what was read of the kernel or seen
    std::string mend;                   ///< a command; empty where none is known
};

/// One packet of one direction.
struct Flow {
    PlaceId from;
    PlaceId to;
    IpAddress source;
    IpAddress destination;
};

/// Where the kernels on the way would take a packet; it ends at the first fault.
struct Walk {
    std::vector<Hop> hops;
    std::vector<PlaceId> places{};  ///< to which it came, the one where it ended too
    std::optional<Fault> fault{};
};

/// Walks by the places' own tables, without sending anything. Errors are those of the inquiry; a
/// namespace that vanished is the fault pod_missing.
Result<Walk> walk(const Atlas& atlas, Inquiry& inquiry, const Flow& flow);

}  // namespace flatlan::trace
