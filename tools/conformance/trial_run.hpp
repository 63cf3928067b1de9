#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/time.hpp"
#include "tools/conformance/clause.hpp"
#include "tools/conformance/subject.hpp"

namespace flatlan::conformance {

/// What is to be tried.
struct Selection {
    std::optional<Version> version;   ///< this alone; nothing: all that the plugin supports
    std::string clauses;              ///< ids that begin so; empty: all
    Level weakest = Level::practice;  ///< clauses that bind less are left out
    unsigned rounds = 20;             ///< how often what depends on luck is tried

    bool wants(const Clause& clause) const {
        return clause.level <= weakest && clause.id.starts_with(clauses);
    }
};

/// What came of one clause in one version.
struct Finding {
    std::size_t clause = 0;  ///< index into the report's clauses
    Version version = cni::kNewest;
    Verdict verdict = Verdict::pass;
    std::string seen;
    Duration took{0};
};

/// What came of all of them.
struct Report {
    std::string plugin;  ///< path
    std::string network;
    std::vector<std::string> supported;  ///< versions, as the plugin lists them
    std::vector<Clause> clauses;         ///< those that were wanted
    std::vector<Finding> findings;       ///< by clause, then by version
    Duration took{0};

    std::size_t count(Verdict verdict) const;
};

/// Called before each clause, for who watches: how many are done, of how many.
using Watch = std::function<void(std::size_t done, std::size_t all)>;

/// Tries every wanted clause in every version, each on a node of its own; this process is in
/// namespaces of its own already. Error when the machine refuses something, or the plugin cannot be
/// asked for its versions.
Result<Report> try_clauses(const Subject& subject, const Selection& selection, const Watch& watch);

// A report for people, for programs (tools/cli/schema/cni-conformance.json) and for CI servers.
std::string report_text(const Report& report);
std::string report_json(const Report& report);
std::string report_junit(const Report& report);

}  // namespace flatlan::conformance
