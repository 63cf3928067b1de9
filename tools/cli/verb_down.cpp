#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/stopwatch.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    const Stopwatch watch;
    FLATLAN_TRY_VOID(labs.stop(lab.name));
    if (arguments.json())
        console.out << down_json(lab.name, watch.elapsed()) << '\n';
    else
        console.out << "lab " << lab.name.text() << " has ended, " << in_words(watch.elapsed())
                    << '\n';
    return ExitStatus::yes;
}

}  // namespace

Verb down_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "down",
             .summary = "End a lab",
             .description =
                 "Ends a lab and returns when its processes and devices are gone. Nothing of it\n"
                 "is left on the machine.",
             .positionals = {{.name = "LAB",
                              .summary = "The lab; need not be named while only one runs",
                              .required = false,
                              .completion = Completion::lab}},
             .options = {lab_option(), output_option()},
             .examples = {{"flatlan down", "the only lab that runs"},
                          {"flatlan down three-nodes", "the lab of that name"}},
             .synonyms = {"stop", "delete", "destroy", "kill", "rm"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
