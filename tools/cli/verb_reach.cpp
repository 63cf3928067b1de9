#include "tools/cli/lab_words.hpp"
#include "tools/cli/reach_request.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

/// The pairs that were asked for with the names that their members have.
Result<void> find_members(const lab::LabStatus& status, std::vector<probe::NamedPair>& pairs) {
    for (probe::NamedPair& pair : pairs)
        for (std::string* const name : {&pair.from, &pair.to}) {
            if (*name == "*") continue;
            FLATLAN_TRY(target, find_member(status, *name));
            *name = target.place();
        }
    return success();
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    return run_reach(arguments, console,
                     [&](const reach::TestRequest& asked) -> Result<reach::Outcome> {
                         reach::TestRequest request = asked;
                         if (!request.plan.pairs.empty()) {
                             FLATLAN_TRY(status, labs.status(lab));
                             FLATLAN_TRY_VOID(find_members(status, request.plan.pairs));
                         }
                         return labs.reach(lab, request);
                     });
}

}  // namespace

Verb reach_verb(LabService& labs) {
    std::vector<OptionUsage> options{lab_option(), output_option()};
    for (OptionUsage& option : reach_options())
        options.push_back(std::move(option));
    return {
        .usage =
            {.verb = "reach",
             .summary = "Prove that every pod reaches every other, unchanged",
             .description =
                 "Tries all ordered pairs of pods and nodes, a pod to itself included, by\n"
                 "ICMP, UDP and TCP over IPv4 and IPv6. A check holds when the receiver saw\n"
                 "the sender's own address and port, and so did the answer: a rewritten\n"
                 "address is a failure though the answer came back, and so is a packet that\n"
                 "is forwarded too often or comes twice. Of some pairs for each way, or of\n"
                 "all with --deep, it also finds the path MTU (the largest packet arrives, one\n"
                 "octet more is refused), sends a stream (none lost, none twice, all in order)\n"
                 "and a large transfer whose content must arrive unchanged.",
             .positionals = {{.name = "LAB",
                              .summary = "The lab; need not be named while only one runs",
                              .required = false,
                              .completion = Completion::lab}},
             .options = std::move(options),
             .examples = {{"flatlan reach", "everything, in the only lab"},
                          {"flatlan reach --from web --protocol tcp", "one pod's connections"},
                          {"flatlan reach --sample 10000", "ten thousand pairs of many"},
                          {"flatlan reach --deep", "large packets of all pairs too"},
                          {"flatlan reach --html reach.html", "a page with matrix and topology"},
                          {"flatlan reach --watch 5", "again and again, and what changed"}},
             .synonyms = {"check", "test", "verify", "ping", "matrix"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
