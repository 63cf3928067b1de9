#include <algorithm>
#include <cstdio>
#include <map>

#include "tools/conformance/trial_run.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

std::string padded(std::string text, std::size_t columns) {
    text.resize(std::max(columns, text.size()), ' ');
    return text;
}

std::string_view short_word(Verdict verdict) {
    return verdict == Verdict::not_applicable ? "n/a" : to_string(verdict);
}

/// Findings of one clause with one verdict, next to each other: "0.3.0 to 1.1.0".
std::string versions_words(const std::vector<const Finding*>& findings) {
    const std::string first{cni::to_string(findings.front()->version)};
    if (findings.size() == 1) return first;
    return first + " to " + std::string{cni::to_string(findings.back()->version)};
}

/// The findings of a clause, cut where the verdict changes.
std::vector<std::vector<const Finding*>> runs_of(const Report& report, std::size_t clause) {
    std::vector<std::vector<const Finding*>> runs;
    for (const Finding& finding : report.findings) {
        if (finding.clause != clause) continue;
        if (runs.empty() || runs.back().back()->verdict != finding.verdict) runs.emplace_back();
        runs.back().push_back(&finding);
    }
    return runs;
}

std::string lines_of(const Report& report, std::size_t number) {
    constexpr std::size_t kIdColumns = 24;
    const Clause& clause = report.clauses[number];
    std::string lines;
    for (const auto& run : runs_of(report, number)) {
        const Finding& last = *run.back();
        lines += padded(std::string{short_word(last.verdict)}, 6) +
                 padded(std::string{clause.id}, kIdColumns) +
                 padded(std::string{to_string(clause.level)}, 10) +
                 padded(versions_words(run), 16) + std::string{clause.title} + "\n";
        lines += std::string(6, ' ') + last.seen + "\n";
    }
    return lines;
}

}  // namespace

std::string report_text(const Report& report) {
    std::string text = report.plugin + ", network '" + report.network + "', supports " +
                       listed(report.supported) + "\n\n";
    for (std::size_t i = 0; i < report.clauses.size(); ++i)
        text += lines_of(report, i);
    std::map<Level, std::size_t> failed;
    for (const Finding& finding : report.findings)
        if (finding.verdict == Verdict::fail) ++failed[report.clauses[finding.clause].level];
    char took[32];
    std::snprintf(took, sizeof took, "%.1f", static_cast<double>(report.took.count()) / 1e9);
    text += "\n" + std::to_string(report.clauses.size()) + " clauses, " +
            std::to_string(report.findings.size()) + " trials in " + took +
            " s: " + std::to_string(report.count(Verdict::pass)) + " pass, " +
            std::to_string(report.count(Verdict::fail)) + " fail (" +
            std::to_string(failed[Level::must]) + " must, " +
            std::to_string(failed[Level::should]) + " should, " +
            std::to_string(failed[Level::practice]) + " practice), " +
            std::to_string(report.count(Verdict::not_applicable)) + " not applicable\n";
    return text;
}

}  // namespace flatlan::conformance
