#include <optional>
#include <ostream>

#include "tools/cli/lab_words.hpp"
#include "tools/cli/reach_request.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/reach/report/report.hpp"
#include "tools/reach/report/report_file.hpp"

namespace flatlan::cli {
namespace {

/// A file or pipe is as wide as need be.
constexpr unsigned kUnlimitedColumns = 1000;

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    return run_reach(arguments, console,
                     [&](const probe::PlanRequest& request) { return labs.reach(lab, request); });
}

using Report = std::string (*)(const reach::Outcome&);

/// Opens the file that the flag names; nothing without the flag.
Result<std::optional<reach::ReportFile>> report_file(const Arguments& arguments, const char* flag) {
    if (!arguments.has(flag)) return std::optional<reach::ReportFile>{};
    FLATLAN_TRY(file, reach::ReportFile::open(arguments.value(flag)));
    return std::optional{std::move(file)};
}

Result<void> write(std::optional<reach::ReportFile>& file, Report report,
                   const reach::Outcome& outcome) {
    return file ? file->write(report(outcome)) : success();
}

}  // namespace

Result<ExitStatus> run_reach(const Arguments& arguments, Console& console, const ReachTest& test) {
    FLATLAN_TRY(request, reach_request(arguments));
    FLATLAN_TRY(html, report_file(arguments, "html"));
    FLATLAN_TRY(junit, report_file(arguments, "junit"));
    FLATLAN_TRY(outcome, test(request));
    const unsigned columns =
        console.out_terminal.interactive ? console.out_terminal.columns : kUnlimitedColumns;
    console.out << (arguments.json() ? reach::outcome_json(outcome) + "\n"
                                     : reach::outcome_text(outcome, columns));
    FLATLAN_TRY_VOID(write(html, reach::html_report, outcome));
    FLATLAN_TRY_VOID(write(junit, reach::junit_report, outcome));
    return outcome.whole() ? ExitStatus::yes : ExitStatus::no;
}

Verb reach_verb(LabService& labs) {
    std::vector<OptionUsage> options{lab_option(), output_option()};
    for (OptionUsage& option : reach_options())
        options.push_back(std::move(option));
    return {
        .usage = {.verb = "reach",
                  .summary = "Prove that every pod reaches every other, unchanged",
                  .description =
                      "Tries all ordered pairs of pods and nodes, a pod to itself included, by\n"
                      "ICMP, UDP and TCP over IPv4 and IPv6. A check holds when the receiver saw\n"
                      "the sender's own address and port, and so did the answer: a rewritten\n"
                      "address is a failure though the answer came back.",
                  .positionals = {{.name = "LAB",
                                   .summary = "The lab; need not be named while only one runs",
                                   .required = false,
                                   .completion = Completion::lab}},
                  .options = std::move(options),
                  .examples = {{"flatlan reach", "everything, in the only lab"},
                               {"flatlan reach --from web --protocol tcp", "one pod's connections"},
                               {"flatlan reach --sample 10000", "ten thousand pairs of many"},
                               {"flatlan reach --html reach.html",
                                "a page with matrix and topology"}},
                  .synonyms = {"check", "test", "verify", "ping", "matrix"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
