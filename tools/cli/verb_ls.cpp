#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(running, labs.list());
    if (arguments.json()) {
        console.out << ls_json(running) << '\n';
        return ExitStatus::yes;
    }
    if (running.empty()) {
        console.err << "no lab runs; 'flatlan up FILE' starts one\n";
        return ExitStatus::yes;
    }
    using Align = Table::Align;
    Table table{{{"LAB"},
                 {"STATE"},
                 {"NODES", Align::right},
                 {"PODS", Align::right},
                 {"PID", Align::right}}};
    for (const lab::LabEntry& lab : running)
        table.add({{lab.name.text()},
                   {std::string{to_string(lab.state)}},
                   {std::to_string(lab.nodes)},
                   {std::to_string(lab.pods)},
                   {std::to_string(lab.pid)}});
    console.out << table.render(console.out_terminal);
    return ExitStatus::yes;
}

}  // namespace

Verb ls_verb(LabService& labs) {
    return {
        .usage = {.verb = "ls",
                  .summary = "List the labs that run",
                  .description = "Lists your running labs. PID is the supervisor's: a lab ends "
                                 "with it.",
                  .options = {output_option()},
                  .examples = {{"flatlan ls", "a table"}, {"flatlan ls -o json", "for scripts"}},
                  .synonyms = {"list", "labs"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
