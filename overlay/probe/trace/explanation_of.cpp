#include "overlay/probe/trace/explanation_of.hpp"

#include <algorithm>

namespace flatlan::trace {
namespace {

/// Each line once: several packets of a trace may meet the same rule.
std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (auto line = lines.begin(); line != lines.end(); ++line)
        if (std::find(lines.begin(), line, *line) == line)
            text += (text.empty() ? "" : "; ") + *line;
    return text;
}

}  // namespace

probe::Explanation explanation_of(const TraceReport& report) {
    return {report.verdict, report.hop, joined(report.evidence), report.mend};
}

probe::Explanation explanation_of(const Fault& fault, const Atlas& atlas) {
    return {fault.verdict, atlas.at(fault.place).name, joined(fault.evidence), fault.mend};
}

}  // namespace flatlan::trace
