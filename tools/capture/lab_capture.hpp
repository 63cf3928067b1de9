#pragma once

#include <string>
#include <vector>

#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/probe/io/capture/capture_session.hpp"

/// Captures in a lab: on which places, and how each packet is told.
namespace flatlan::capture {

/// What a person asked for.
struct CaptureWanted {
    std::vector<std::string> places;  ///< "default/web", "node/n1", "underlay"; none: all
    std::string filter;               ///< pcap-filter(7); empty: everything
    std::optional<std::uint64_t> packets{};
    std::optional<Duration> after{};
};

/// Captures until one of the limits is reached, or until SIGINT or SIGTERM, which end it in order.
/// `started` is called when all that happens from now on is seen, with the number of places. Moves
/// this process into the lab's user namespace: it must have one thread. Errors: invalid_argument
/// (the filter), not_found (a place), forbidden, and those of `started` and the listener.
Result<CaptureTotals> capture_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                                  const CaptureWanted& wanted,
                                  const std::function<Result<void>(std::size_t places)>& started,
                                  const CaptureSession::Listener& listener);

}  // namespace flatlan::capture
