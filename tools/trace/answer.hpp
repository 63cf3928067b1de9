#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/probe/io/trace/tracer.hpp"

namespace flatlan::trace {

/// What came of a trace.
struct TraceAnswer {
    TraceReport report;
    std::vector<std::byte> capture{};  ///< a pcapng file; empty unless it was wanted
};

/// tools/cli/schema/trace.json, on one line without a line feed.
std::string report_json(const TraceReport& report);
/// Error corrupt for a text that report_json has not made.
Result<TraceReport> report_from_json(std::string_view text);

/// For people, without colour, fit for a terminal: the verdict first, then the way.
std::string report_text(const TraceReport& found);

/// The packets of a trace as a file that Wireshark opens (pcapng), each device an interface of its
/// own.
std::vector<std::byte> capture_of(const Atlas& atlas, const std::vector<KeptFrame>& frames);
/// Error invalid_argument with the kernel's words when that fails.
Result<void> write_capture(const std::string& path, std::span<const std::byte> capture);

}  // namespace flatlan::trace
