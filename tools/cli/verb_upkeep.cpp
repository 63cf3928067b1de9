#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<bool> wanted_of(const std::string& word) {
    if (word == "on") return true;
    if (word == "off") return false;
    return Error{ErrorCode::invalid_argument, "upkeep cannot be '" + word + "'"}.expecting(
        "on or off");
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(on, wanted_of(arguments.value("STATE")));
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    FLATLAN_TRY_VOID(labs.set_upkeep(lab.name, on));
    if (arguments.json())
        console.out << upkeep_json(lab.name, on) << '\n';
    else
        console.out << "lab " << lab.name.text()
                    << (on ? " has its tunnels right and keeps them so\n"
                           : " lets its tunnels be: break them and look\n");
    return ExitStatus::yes;
}

}  // namespace

Verb upkeep_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "upkeep",
             .summary = "Let a lab mend its tunnels by itself, or not",
             .description =
                 "A lab puts right within a second what somebody changes of its tunnels, the\n"
                 "routes between nodes and what both need. With 'off' it does not, so that one\n"
                 "can break them and look with 'flatlan reach' and 'flatlan trace'; 'on' puts\n"
                 "all of them right at once.",
             .positionals = {{.name = "STATE", .summary = "on or off"},
                             {.name = "LAB",
                              .summary = "The lab; need not be named while only one runs",
                              .required = false,
                              .completion = Completion::lab}},
             .options = {lab_option(), output_option()},
             .examples = {{"flatlan upkeep off", "before breaking a tunnel by hand"},
                          {"flatlan upkeep on", "as it is from the beginning"}},
             .synonyms = {"repair", "heal", "reconcile", "hold", "pause"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
