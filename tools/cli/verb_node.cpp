#include <algorithm>
#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/ipam_choice.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/node_text.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

using daemon::NodeStatus;

Result<ExitStatus> set_power(LabService& labs, const Arguments& arguments, bool on,
                             Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(node, find_node(status, arguments.value("NODE")));
    FLATLAN_TRY_VOID(labs.set_power(lab.name, node, on));
    if (arguments.json())
        console.out << node_power_json(lab.name, node, on) << '\n';
    else
        console.out << "node " << node.text() << " of lab " << lab.name.text()
                    << (on ? " runs" : " is stopped") << '\n';
    return ExitStatus::yes;
}

ExitStatus exit_of(bool ready) { return ready ? ExitStatus::yes : ExitStatus::no; }

Error no_such_node(const std::string& name, const NodeStatus& status) {
    std::string known = status.node;
    for (const NodeStatus::Other& node : status.nodes)
        known += ", " + node.name;
    return Error{ErrorCode::not_found, "there is no node '" + name + "'"}.expecting(known);
}

Result<ExitStatus> show(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(status, labs.node_status(socket_of(arguments)));
    const std::string& name = arguments.value("NODE");
    const bool own = name.empty() || name == status.node;
    const auto other =
        std::find_if(status.nodes.begin(), status.nodes.end(),
                     [&](const NodeStatus::Other& node) { return node.name == name; });
    if (!own && other == status.nodes.end()) return no_such_node(name, status);
    const bool ready = own ? status.ready : other->ready;
    if (arguments.json()) {
        console.out << (own ? to_json(status) : to_json(*other)) << '\n';
        return exit_of(ready);
    }
    console.out << (own ? node_text(status, console.out_terminal)
                        : other_text(*other, console.out_terminal));
    return exit_of(ready);
}

Result<ExitStatus> remove(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(name, NodeName::from(arguments.value("NODE")));
    auto removed = labs.remove_node(socket_of(arguments), name, arguments.has("force"));
    if (!removed && removed.error().code() == ErrorCode::conflict)
        return Error{ErrorCode::conflict, removed.error().text()}.expecting(
            "a node whose flatland is stopped, or --force");
    FLATLAN_TRY(done, std::move(removed));
    console.out << (arguments.json() ? to_json(done) + "\n" : removed_text(done));
    return ExitStatus::yes;
}

/// Each action has flags of its own.
Result<void> check(const Arguments& arguments) {
    const std::string& action = arguments.value("ACTION");
    const bool of_lab = action == "stop" || action == "start";
    if (action != "status" && !arguments.has("NODE"))
        return Error{ErrorCode::invalid_argument, "which node?"}.at("NODE").expecting(
            "flatlan node " + action + " NODE");
    for (const auto& [flag, fits] : {std::pair{"lab", of_lab}, std::pair{"socket", !of_lab},
                                     std::pair{"force", action == "remove"}})
        if (arguments.has(flag) && !fits)
            return Error{ErrorCode::invalid_argument,
                         "node " + action + " has no --" + std::string{flag}}
                .at("--" + std::string{flag});
    return success();
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY_VOID(check(arguments));
    const std::string& action = arguments.value("ACTION");
    if (action == "status") return show(labs, arguments, console);
    if (action == "remove") return remove(labs, arguments, console);
    return set_power(labs, arguments, action == "start", console);
}

std::string description() {
    return "Of a lab:\n"
           "stop    as when a machine loses its power: the node's pods, links and\n"
           "        programs are gone, the other nodes are told nothing\n"
           "start   the machine is on again, and its pods come back; of a node that\n"
           "        runs, the daemon is started that has ended\n"
           "\n"
           "Of a cluster of real nodes, by way of this machine's flatland:\n"
           "status  the node that this machine is, and the others; with NODE one of\n"
           "        them. Exit status 1 when it is not ready\n"
           "remove  take the blocks of a node that will not come back, so that others\n"
           "        can claim them. If it does come back it loses the addresses of its\n"
           "        pods. What is left of a node of that name whose disk was replaced is\n"
           "        taken also while the new one is alive";
}

}  // namespace

Verb node_verb(LabService& labs) {
    return {.usage = {.verb = "node",
                      .summary = "Stop and start nodes of a lab; show and remove real ones",
                      .description = description(),
                      .positionals = {{.name = "ACTION",
                                       .summary = "What to do",
                                       .choices = {"stop", "start", "status", "remove"}},
                                      {.name = "NODE",
                                       .summary = "The node",
                                       .required = false,
                                       .completion = Completion::target}},
                      .options = {lab_option(),
                                  socket_option(),
                                  {.name = "force", .summary = "remove: also a node that is alive"},
                                  output_option()},
                      .examples = {{"flatlan node stop n2", "see what the others notice"},
                                   {"flatlan node start n2", "and how it comes back"},
                                   {"flatlan node status", "on a real node: is it well?"},
                                   {"flatlan node remove n3", "n3 is gone for good"}},
                      .synonyms = {"kill", "reboot", "power", "poweroff", "nodes", "flatland"}},
            .run = [&labs](const Arguments& arguments, Console& console) {
                return run(labs, arguments, console);
            }};
}

}  // namespace flatlan::cli
