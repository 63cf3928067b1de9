#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> set_power(LabService& labs, const Arguments& arguments, bool on,
                             Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab.name));
    FLATLAN_TRY(node, find_node(status, arguments.value("NODE")));
    FLATLAN_TRY_VOID(labs.set_power(lab.name, node, on));
    if (arguments.json())
        console.out << node_power_json(lab.name, node, on) << '\n';
    else
        console.out << "node " << node.text() << " of lab " << lab.name.text()
                    << (on ? " runs" : " is stopped") << '\n';
    return ExitStatus::yes;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    return set_power(labs, arguments, arguments.value("ACTION") == "start", console);
}

}  // namespace

Verb node_verb(LabService& labs) {
    return {
        .usage = {.verb = "node",
                  .summary = "Stop and start the nodes of a lab",
                  .description =
                      "stop   as when a machine loses its power: the node's pods, links and\n"
                      "       programs are gone, the other nodes are told nothing\n"
                      "start  the machine is on again, and its pods come back; of a node that\n"
                      "       runs, the daemon is started that has ended",
                  .positionals =
                      {{.name = "ACTION", .summary = "What to do", .choices = {"stop", "start"}},
                       {.name = "NODE", .summary = "The node", .completion = Completion::target}},
                  .options = {lab_option(), output_option()},
                  .examples = {{"flatlan node stop n2", "see what the others notice"},
                               {"flatlan node start n2", "and how it comes back"}},
                  .synonyms = {"kill", "reboot", "power", "poweroff", "nodes"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
