#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "overlay/probe/io/trace/counters.hpp"
#include "overlay/probe/io/trace/kernel_inquiry.hpp"
#include "overlay/probe/io/trace/packet_capture.hpp"
#include "overlay/probe/trace/report.hpp"

namespace flatlan::trace {

/// The places of an atlas and the namespace of each; none where it is gone.
struct Grounds {
    const Atlas& atlas;
    std::span<const std::optional<Namespace>> networks;
    /// What tunnels that are programs have dropped so far, by kTunnelDrops and the reason; none
    /// where there is no such tunnel.
    std::function<Result<std::map<PlaceId, Counters>>()> tunnel_drops{};
};

/// What a person wants to know.
struct TraceRequest {
    PlaceId from;
    PlaceId to;
    IpFamily family = IpFamily::ipv4;
    probe::Protocol protocol = probe::Protocol::icmp;
    /// A service's port at `to`; none: the trace listens itself.
    std::optional<Port> service{};
    /// Captures of the trace's packets are kept, for a file.
    bool keep_frames = false;
};

/// Walks the way forth and back by the places' tables, sends tagged packets with captures at every
/// place of the way at once and the filters' own tracing switched on, and says what it all means.
/// Leaves nothing behind. Errors: invalid_argument when an end has no address of the family,
/// forbidden without the rights.
Result<Traced> trace(const Grounds& grounds, KernelInquiry& inquiry, const TraceRequest& request);

}  // namespace flatlan::trace
