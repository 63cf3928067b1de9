#pragma once

#include <functional>
#include <string>
#include <vector>

#include "overlay/probe/causes.hpp"
#include "overlay/probe/io/prober.hpp"
#include "overlay/probe/io/trial/trial_runner.hpp"
#include "overlay/probe/plan.hpp"
#include "overlay/probe/trace/attribution.hpp"
#include "tools/reach/targets.hpp"

namespace flatlan::reach {

/// What a person asked for.
struct TestRequest {
    probe::PlanRequest plan{};
    trial::TrialExtent trials = trial::TrialExtent::covering;
};

/// What a test found, with all that is needed to tell it.
struct Outcome {
    std::string lab;
    std::vector<probe::Member> members;
    std::size_t pods = 0;
    std::size_t nodes = 0;
    probe::Plan plan;
    probe::Report report;  ///< its failures are also those of trials
    std::vector<probe::Cause> causes;
    std::size_t untraced = 0;     ///< as trace::Attribution's, of checks and trials
    trial::TrialReport trials{};  ///< its failures stand in `report`

    /// Failures of trials, which are none of `report.tally.checks`.
    std::size_t failed_trials() const;
    /// Pairs of which nothing was tried, as probe::count_untried.
    std::size_t untried_pairs() const { return probe::count_untried(members, plan); }
    bool whole() const { return report.failures.empty(); }
    /// Of the causes those that tell of a node of a cluster that could not be asked, or not for
    /// everything: what failed there is not known.
    std::vector<const probe::Cause*> untested() const;
};

/// Looks for what is behind the failures of a test.
using Explain = std::function<Result<trace::Attribution>(std::span<const probe::Failure>)>;

/// Plans and carries out a test, and has its failures explained. Raises this process's limit of
/// open files.
Result<Outcome> run_test(const Targets& targets, const TestRequest& request,
                         const Explain& explain = {});

/// Adds what trials came to, and what is behind those that failed, to an outcome of checks alone.
Result<void> add_trials(Outcome& outcome, std::span<const trial::Trial> trials,
                        trial::TrialReport report, const Explain& explain = {});

/// tools/cli/schema/reach.json
std::string outcome_json(const Outcome& outcome);
/// The same without the failures one by one.
std::string summary_json(const Outcome& outcome);

/// "all hold", or how many failed, and of how many nodes that says nothing.
std::string verdict_text(const Outcome& outcome);

/// For people, without colour: what is wrong first, then a matrix, of members where there are few
/// and of nodes where there are many, then the figures. `columns` is the width to keep to.
std::string outcome_text(const Outcome& outcome, unsigned columns);

}  // namespace flatlan::reach
