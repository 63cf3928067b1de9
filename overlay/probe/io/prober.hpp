#pragma once

#include <cstdint>

#include "overlay/probe/io/lane_sockets.hpp"
#include "overlay/probe/plan.hpp"
#include "overlay/probe/report.hpp"

namespace flatlan::probe {

/// How a plan is carried out.
struct ProberOptions {
    RoundLimits limits{};
    /// Lanes that are tried at the same time, each on a thread of its own.
    unsigned workers = 2;
    /// Echo requests sent one by one for the round-trip time; 0: none.
    std::size_t round_trip_samples = 20;
    /// How often packets must be forwarded; null: nobody knows. Must outlive the test.
    const HopRule* hops = nullptr;
};

/// Tries each pair of the plan on each lane, from sockets inside the members' namespaces, all in
/// this process. Afterwards, when it is quiet, it takes the round-trip times of a sample.
/// The calling thread stays in its namespace; the limit of open files should have been raised
/// before. Error forbidden: namespaces or raw sockets, or not even one socket per member fits the
/// limit of open files (the text says how many are needed).
Result<Report> run_plan(const Field& field, const Plan& plan, const ProberOptions& options);

}  // namespace flatlan::probe
