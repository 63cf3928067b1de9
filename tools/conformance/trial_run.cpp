#include "tools/conformance/trial_run.hpp"

#include <algorithm>

#include "overlay/linux/boot.hpp"
#include "tools/conformance/stage.hpp"
#include "tools/conformance/words.hpp"

namespace flatlan::conformance {
namespace {

/// Asks in the newest version first; a plugin that refuses that one may answer in an older one.
Result<std::vector<std::string>> ask_versions(const Subject& subject) {
    std::string refusal;
    for (std::size_t i = cni::kVersionTexts.size(); i-- > 0;) {
        auto stage = Stage::open(subject, static_cast<Version>(i), 1);
        if (!stage) return *stage.error().broken;
        const Call call = stage.value()->call(cni::Verb::version);
        FLATLAN_TRY(answer, run(call));
        const auto told = read_versions(answer);
        if (told) return told.value().supported;
        refusal = told.error().seen;
    }
    return Error{ErrorCode::invalid_argument,
                 "'" + subject.plugin.string() + "' does not answer VERSION: " + refusal}
        .at("--plugin")
        .expecting("a CNI plugin");
}

std::vector<Version> known_of(const std::vector<std::string>& supported) {
    std::vector<Version> versions;
    for (const std::string& text : supported)
        if (const auto version = cni::version_from(text)) versions.push_back(*version);
    std::sort(versions.begin(), versions.end());
    versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
    return versions;
}

Result<Finding> try_one(const Subject& subject, const Clause& clause, Version version,
                        unsigned rounds) {
    Finding finding{.version = version, .seen = {}};
    const Instant began = boot_time_now();
    {
        auto stage = Stage::open(subject, version, rounds);
        if (!stage) return *stage.error().broken;
        const auto outcome = clause.test(*stage.value());
        if (outcome) {
            finding.seen = outcome.value();
        } else {
            if (outcome.error().broken)
                return Error{*outcome.error().broken}.within("clause " + std::string{clause.id});
            finding.verdict = outcome.error().verdict;
            finding.seen = outcome.error().seen;
        }
    }
    finding.took = boot_time_now() - began;
    return finding;
}

/// The versions in which a clause is tried; none: it does not hold in any of them.
std::vector<Version> versions_of(const Clause& clause, const std::vector<Version>& versions) {
    std::vector<Version> wanted;
    for (const Version version : versions)
        if (version >= clause.since) wanted.push_back(version);
    if (clause.scope == Scope::newest_version && !wanted.empty()) wanted = {wanted.back()};
    return wanted;
}

}  // namespace

std::size_t Report::count(Verdict verdict) const {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(),
                      [&](const Finding& finding) { return finding.verdict == verdict; }));
}

Result<Report> try_clauses(const Subject& subject, const Selection& selection, const Watch& watch) {
    const Instant began = boot_time_now();
    FLATLAN_TRY(supported, ask_versions(subject));
    std::vector<Version> versions = known_of(supported);
    if (selection.version) {
        if (std::find(versions.begin(), versions.end(), *selection.version) == versions.end())
            return Error{ErrorCode::invalid_argument, "the plugin does not support that version"}
                .at("--cni-version")
                .expecting(listed(supported));
        versions = {*selection.version};
    }
    if (versions.empty())
        return Error{ErrorCode::unsupported,
                     "the plugin supports no version that is known here: " + listed(supported)};
    Report report{.plugin = subject.plugin.string(),
                  .network = subject.network,
                  .supported = supported,
                  .clauses = all_clauses(),
                  .findings = {}};
    std::erase_if(report.clauses, [&](const Clause& clause) { return !selection.wants(clause); });
    for (std::size_t i = 0; i < report.clauses.size(); ++i) {
        const Clause& clause = report.clauses[i];
        watch(i, report.clauses.size());
        const auto wanted = versions_of(clause, versions);
        if (wanted.empty())
            report.findings.push_back(
                {.clause = i,
                 .version = versions.back(),
                 .verdict = Verdict::not_applicable,
                 .seen = "holds from " + std::string{cni::to_string(clause.since)} + " on"});
        for (const Version version : wanted) {
            FLATLAN_TRY(finding, try_one(subject, clause, version, selection.rounds));
            finding.clause = i;
            report.findings.push_back(std::move(finding));
        }
    }
    report.took = boot_time_now() - began;
    return report;
}

}  // namespace flatlan::conformance
