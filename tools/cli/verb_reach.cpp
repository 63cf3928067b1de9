#include <ostream>

#include "tools/cli/lab_words.hpp"
#include "tools/cli/reach_request.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

/// A file or pipe is as wide as need be.
constexpr unsigned kUnlimitedColumns = 1000;

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(request, reach_request(arguments));
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    FLATLAN_TRY(outcome, labs.reach(lab, request));
    return print_outcome(outcome, arguments.json(), console);
}

}  // namespace

ExitStatus print_outcome(const reach::Outcome& outcome, bool json, Console& console) {
    const unsigned columns =
        console.out_terminal.interactive ? console.out_terminal.columns : kUnlimitedColumns;
    console.out << (json ? reach::outcome_json(outcome) + "\n"
                         : reach::outcome_text(outcome, columns));
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
                               {"flatlan reach --sample 10000", "ten thousand pairs of many"}},
                  .synonyms = {"check", "test", "verify", "ping", "matrix"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
