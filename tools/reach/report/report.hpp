#pragma once

#include <string>

#include "tools/reach/outcome.hpp"

/// An outcome as a file for others: a page for people, a report for continuous integration.
namespace flatlan::reach {

/// One HTML page that needs nothing else: verdict, causes, matrix, topology, failing pairs; for a
/// light and a dark screen.
std::string html_report(const Outcome& outcome);

/// JUnit XML: one `testsuite` for each node that sends, one `testcase` for each pair, or, of more
/// than 20,000 pairs, for each pair of nodes. A case that fails names the verdicts and what they
/// were seen over.
std::string junit_report(const Outcome& outcome);

}  // namespace flatlan::reach
