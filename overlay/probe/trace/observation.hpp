#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/trace/atlas.hpp"
#include "overlay/probe/trace/frame.hpp"

/// What was seen when real packets were sent.
namespace flatlan::trace {

/// A packet of the trace at a device, in the order in which they were seen.
struct Sighting {
    PlaceId place;
    std::string device;
    bool outgoing = false;
    SeenPacket packet;
    bool astray = false;  ///< its frame was for another MAC address: who saw it, drops it
};

enum class RuleEffect : std::uint8_t { goes_on, accepts, drops };

/// The table of a tunnel that the kernel carries (tunnel/filter): every packet of the tunnel meets
/// its counters, which say nothing, and may be dropped by its check of senders.
inline constexpr std::string_view kTunnelFilter = "inet flatlan_tunnel";

/// A rule of a packet filter that a packet of the trace met, as the kernel's own tracing told it.
struct RuleMet {
    PlaceId place;
    std::string chain;  ///< "ip filter FORWARD"
    std::string rule;   ///< its text; "policy drop" for a chain's policy
    std::string mend;   ///< the command that takes it away, as it runs in the place
    RuleEffect effect = RuleEffect::goes_on;
    bool outer = false;  ///< it was a packet of the tunnel
    PacketKind kind = PacketKind::request;
};

/// How the names of counters begin that a tunnel's own program keeps; a DropReason's word follows.
inline constexpr std::string_view kTunnelDrops = "tunnel drops ";

/// A counter of a place's kernel that grew meanwhile.
struct CounterGrowth {
    PlaceId place;
    std::string name;  ///< "eth0 rx_dropped", "UdpInCsumErrors"
    std::uint64_t by = 0;
};

/// Packets of one size, to and fro.
struct Trial {
    std::size_t sent = 0;
    std::size_t arrived = 0;
    std::size_t answered = 0;
    std::uint32_t size_bytes = 0;  ///< from the IP header on
    bool failed() const { return answered < sent; }
};

/// For how long whoever sends and answers a trace's packets at a place could not look after them,
/// though it should have; the longest such time.
struct Stall {
    PlaceId place;
    Duration longest{};
};
/// A shorter one lets no answer come too late: the least that is waited for one that may come is
/// four times that where several machines take part.
inline constexpr Duration kStallMin = std::chrono::milliseconds{250};

/// What could not be watched at a place, and why, in a sentence without a full stop.
struct Unwatched {
    PlaceId place;
    std::string why;
};

/// All that an exchange of real packets showed.
struct Observation {
    std::vector<Sighting> sightings;
    std::vector<RuleMet> rules;
    std::vector<CounterGrowth> counters;
    Trial small;
    Trial large;                      ///< nothing was sent where the small ones failed
    bool told_too_big = false;        ///< the sender heard that the large one was too large
    bool refused = false;             ///< somebody answered that nobody listens there
    std::uint32_t captures_lost = 0;  ///< packets that came faster than they could be taken
    bool own_listener = true;         ///< the tester itself listened at the destination's port
    std::vector<Unwatched> unwatched{};
    std::vector<Stall> stalls{};  ///< of kStallMin or more, of different places
    /// Whether the tester may have missed something, so that what was not seen proves nothing.
    bool is_incomplete() const { return captures_lost > 0 || !stalls.empty(); }
};

}  // namespace flatlan::trace
