#include <algorithm>
#include <cstdio>
#include <set>

#include "overlay/base/text.hpp"
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
            return "From (row) to (column), failed checks of all" +
                   std::string{outcome.failed_trials() > 0 ? "+failed trials" : ""} + ":\n" +
                   *drawing;
    Matrix nodes = filled(Matrix::of_nodes(outcome.members));
    nodes.failing_first();
    return "From (row) to (column), by node: . all hold, x some fail, X all fail\n" +
           draw_marks(nodes, std::min(columns, kMarksColumnsMax));
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string causes_text(const Outcome& outcome) {
    std::string text;
    for (std::size_t i = 0; i < outcome.causes.size() && i < kCausesMax; ++i) {
        probe::Cause cause = outcome.causes[i];
        // Some of it are words of other machines.
        for (std::string* const words : {&cause.hop, &cause.scope, &cause.evidence, &cause.mend})
            *words = for_terminal(*words);
        text += std::string{to_string(cause.verdict)};
        if (!cause.hop.empty()) text += " at " + cause.hop;
        text += ": " + cause.scope + "\n";
        if (!cause.evidence.empty()) text += "    seen: " + cause.evidence + "\n";
        if (!cause.mend.empty()) text += "    mend: " + cause.mend + "\n";
    }
    if (outcome.causes.size() > kCausesMax)
        text += "and " + std::to_string(outcome.causes.size() - kCausesMax) +
                " more causes: --output json has them all\n";
    if (outcome.untraced > 0)
        text += counted(outcome.untraced, "failure") +
                " that nothing explains were not traced: others were first\n";
    return text;
}

/// Said where it is not plain that packets, or their ends, are what is wrong.
std::string property_words(const probe::Failure& failure) {
    if (failure.finding.property <= probe::Property::answer_source_kept) return {};
    return " (" + std::string{to_string(failure.finding.property)} + ")";
}

std::string failures_text(const Outcome& outcome) {
    const auto& failures = outcome.report.failures;
    std::string text = "\nFailed checks:\n";
    for (std::size_t i = 0; i < failures.size() && i < kFailuresMax; ++i)
        text += "    " + short_name(outcome.members[failures[i].pair.from.value()]) + " to " +
                short_name(outcome.members[failures[i].pair.to.value()]) + ", " +
                to_string(failures[i].lane) + ": " +
                std::string{to_string(failures[i].finding.verdict)} + property_words(failures[i]) +
                "\n";
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

std::string trial_words(const trial::TrialReport& trials, const trial::TrialCount& count) {
    switch (count.kind) {
        case trial::TrialKind::path_mtu: {
            const auto& span = trials.path_mtu_octets;
            if (!span) return "path MTU";
            return "path MTU " + std::to_string(span->least) +
                   (span->greatest > span->least ? " to " + std::to_string(span->greatest) : "") +
                   " octets";
        }
        case trial::TrialKind::stream:
            return std::to_string(trials.packets_lost) + " of " +
                   std::to_string(trials.packets_sent) + " packets of streams lost";
        case trial::TrialKind::transfer:
            break;
    }
    return "large transfers unchanged";
}

/// "path MTU 1450 octets (60 trials); ...".
std::string trials_text(const trial::TrialReport& trials) {
    std::string text;
    for (const trial::TrialCount& count : trials.counts)
        text += (text.empty() ? "" : "; ") + trial_words(trials, count) + " (" +
                counted(count.tried, "trial") +
                (count.failed > 0 ? ", " + std::to_string(count.failed) + " failed)" : ")");
    return text.empty() ? text : text + "\n";
}

/// Why it is said that the machine was too busy.
std::string load_words(const probe::Report& report) {
    const auto milliseconds = [](Duration span) {
        return rounded(static_cast<double>(span.count()) / 1e6) + " ms";
    };
    std::string text = "flatlan-reach waited for a processor for " +
                       milliseconds(report.run_delay.waited) + " of " +
                       milliseconds(report.run_delay.of) + " while other programs had " +
                       milliseconds(report.run_delay.others) + " of the processors' " +
                       milliseconds(report.run_delay.processors);
    if (report.stalled > Duration::zero())
        text += ", and was woken " + milliseconds(report.stalled) + " late";
    if (report.backlog_drops > 0)
        text += "; the kernel dropped " + counted(report.backlog_drops, "packet");
    return text;
}

std::string figures_text(const Outcome& outcome) {
    const probe::Report& report = outcome.report;
    const double seconds = static_cast<double>(report.took.count()) / 1e9;
    std::string text = counted(outcome.pods, "pod") + ", " + counted(outcome.nodes, "node") + ": " +
                       std::to_string(report.tally.checks) + " checks in " +
                       rounded(seconds * 1000) + " ms, " + verdict_text(outcome) + "\n";
    if (report.round_trip)
        text += "round trip min " +
                rounded(static_cast<double>(report.round_trip->least.count()) / 1e3) + " us, p50 " +
                rounded(static_cast<double>(report.round_trip->p50.count()) / 1e3) + " us, p99 " +
                rounded(static_cast<double>(report.round_trip->p99.count()) / 1e3) + " us, of " +
                std::to_string(report.round_trip->samples) + " echoes one at a time\n";
    text += trials_text(outcome.trials);
    if (report.tester_overloaded())
        text += "this machine was too busy: times, and losses, say little of the network (" +
                load_words(report) + ")\n";
    return text;
}

}  // namespace

std::string verdict_text(const Outcome& outcome) {
    const std::size_t trials = outcome.failed_trials();
    const std::size_t all = outcome.report.failures.size();
    const std::size_t checks = all - std::min(all, trials);
    std::string text;
    if (checks > 0) text = std::to_string(checks) + " failed";
    if (trials > 0) text += (text.empty() ? "" : ", ") + counted(trials, "trial") + " failed";

    std::set<std::string> nodes;
    for (const probe::Cause* cause : outcome.untested())
        nodes.insert(cause->hop);
    const std::size_t pairs = outcome.untried_pairs();
    if (text.empty()) text = nodes.empty() && pairs == 0 ? "all hold" : "all that was tested holds";
    if (!nodes.empty())
        text += ", " + counted(nodes.size(), "node") + (nodes.size() == 1 ? " was" : " were") +
                " not tested, or not wholly";
    if (pairs > 0)
        text += ", " + counted(pairs, "pair") + (pairs == 1 ? " was" : " were") +
                " not tried: no family of addresses in common";
    return text;
}

std::string outcome_text(const Outcome& outcome, unsigned columns) {
    std::string text;
    text += causes_text(outcome);
    if (!outcome.whole()) text += failures_text(outcome);
    if (!text.empty()) text += "\n";
    text += matrix_text(outcome, columns);
    if (!text.empty()) text += '\n';
    return text + figures_text(outcome);
}

}  // namespace flatlan::reach
