#include "tools/cli/lab_words.hpp"
#include "tools/cli/reach_request.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    return run_reach(arguments, console,
                     [&](const probe::PlanRequest& request) { return labs.reach(lab, request); });
}

}  // namespace

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
                                "a page with matrix and topology"},
                               {"flatlan reach --watch 5", "again and again, and what changed"}},
                  .synonyms = {"check", "test", "verify", "ping", "matrix"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
