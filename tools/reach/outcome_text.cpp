#include <algorithm>
#include <cstdio>

#include "tools/reach/matrix.hpp"
#include "tools/reach/outcome.hpp"

namespace flatlan::reach {
namespace {

/// Of more members a matrix of nodes says more than one of members.
constexpr std::size_t kMembersInMatrixMax = 24;
/// A file or pipe has no width of its own.
constexpr unsigned kMarksColumnsMax = 160;
constexpr std::size_t kCausesMax = 12;
constexpr std::size_t kFailuresMax = 10;

/// The most telling matrix that fits: of members with counts, else of nodes with a mark each.
std::string matrix_text(const Outcome& outcome, unsigned columns) {
    const auto filled = [&](Matrix matrix) {
        matrix.count(outcome.members, outcome.plan, outcome.report.failures);
        return matrix;
    };
    if (outcome.members.size() <= kMembersInMatrixMax)
        if (const auto drawing = draw_counts(filled(Matrix::of_members(outcome.members)), columns))
            return "From (row) to (column), failed checks of all:\n" + *drawing;
    Matrix nodes = filled(Matrix::of_nodes(outcome.members));
    nodes.failing_first();
    return "From (row) to (column), by node: . all hold, x some fail, X all fail\n" +
           draw_marks(nodes, std::min(columns, kMarksColumnsMax));
}

std::string causes_text(const Outcome& outcome) {
    std::string text;
    for (std::size_t i = 0; i < outcome.causes.size() && i < kCausesMax; ++i) {
        const probe::Cause& cause = outcome.causes[i];
        text += std::string{to_string(cause.verdict)};
        if (!cause.hop.empty()) text += " at " + cause.hop;
        text += ": " + cause.scope + "\n";
        if (!cause.evidence.empty()) text += "    seen: " + cause.evidence + "\n";
        if (!cause.mend.empty()) text += "    mend: " + cause.mend + "\n";
    }
    if (outcome.causes.size() > kCausesMax)
        text += "and " + std::to_string(outcome.causes.size() - kCausesMax) +
                " more causes: --output json has them all\n";
    return text;
}

std::string failures_text(const Outcome& outcome) {
    const auto& failures = outcome.report.failures;
    std::string text = "\nFailed checks:\n";
    for (std::size_t i = 0; i < failures.size() && i < kFailuresMax; ++i)
        text += "    " + short_name(outcome.members[failures[i].pair.from.value()]) + " to " +
                short_name(outcome.members[failures[i].pair.to.value()]) + ", " +
                to_string(failures[i].lane) + ": " +
                std::string{to_string(failures[i].finding.verdict)} + "\n";
    if (failures.size() > kFailuresMax)
        text += "    and " + std::to_string(failures.size() - kFailuresMax) +
                " more: --output json has them all\n";
    return text;
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.1f" : "%.0f", value);
    return text;
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string figures_text(const Outcome& outcome) {
    const probe::Report& report = outcome.report;
    const double seconds = static_cast<double>(report.took.count()) / 1e9;
    std::string text =
        counted(outcome.pods, "pod") + ", " + counted(outcome.nodes, "node") + ": " +
        std::to_string(report.tally.checks) + " checks in " + rounded(seconds * 1000) + " ms, " +
        (outcome.whole() ? "all hold" : std::to_string(report.failures.size()) + " failed") + "\n";
    if (report.round_trip)
        text += "round trip p50 " +
                rounded(static_cast<double>(report.round_trip->p50.count()) / 1e3) + " us, p99 " +
                rounded(static_cast<double>(report.round_trip->p99.count()) / 1e3) + " us, of " +
                std::to_string(report.round_trip->samples) + " echoes one at a time\n";
    if (report.tester_overloaded())
        text += "this machine was too busy: times, and losses, say little of the network\n";
    return text;
}

}  // namespace

std::string outcome_text(const Outcome& outcome, unsigned columns) {
    std::string text;
    if (!outcome.whole()) text += causes_text(outcome) + failures_text(outcome) + "\n";
    text += matrix_text(outcome, columns);
    if (!text.empty()) text += '\n';
    return text + figures_text(outcome);
}

}  // namespace flatlan::reach
