#pragma once

#include <optional>
#include <string>

#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/probe/trace/attribution.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::trace {

/// What a person asked for.
struct TraceWanted {
    std::string from;  ///< as members are named: "default/web", "node/n1"
    std::string to;
    IpFamily family = IpFamily::ipv4;
    probe::Protocol protocol = probe::Protocol::icmp;
    std::optional<Port> service{};
    bool keep_frames = false;  ///< the answer shall have a capture
};

/// What is behind the failures of a reachability test of the lab. Moves this process as trace_lab
/// does.
Result<Attribution> explain_failures(const lab::LabEntry& lab, const lab::LabStatus& status,
                                     std::span<const probe::Member> members,
                                     std::span<const probe::Failure> failures);

/// Traces in a lab. Moves this process into the lab's user namespace: it must have one thread.
Result<TraceAnswer> trace_lab(const lab::LabEntry& lab, const lab::LabStatus& status,
                              const TraceWanted& wanted);

}  // namespace flatlan::trace
