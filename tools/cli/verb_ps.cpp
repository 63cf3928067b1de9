#include <ostream>

#include "tools/cli/lab_words.hpp"
#include "tools/cli/status_text.hpp"
#include "tools/cli/tunnel_text.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, choose_lab(labs, arguments.value("LAB"), arguments.value("lab")));
    const bool tunnels = arguments.has("tunnels");
    FLATLAN_TRY(status,
                tunnels ? labs.status_with_peers(lab.name) : labs.status_with_daemons(lab.name));
    if (arguments.json()) {
        console.out << lab::to_json(status) << '\n';
        return ExitStatus::yes;
    }
    if (tunnels) {
        console.out << tunnel_text(status, console.out_terminal);
        return ExitStatus::yes;
    }
    console.out << status_text(status, console.out_terminal);
    if (status.pods.empty())
        console.err << "this lab has no pods; add 'pods: {count: 4}' to its file, then 'flatlan "
                       "apply FILE'\n";
    return ExitStatus::yes;
}

}  // namespace

Verb ps_verb(LabService& labs) {
    return {
        .usage = {.verb = "ps",
                  .summary = "Show the nodes and pods of a lab",
                  .description =
                      "Shows a lab's nodes with their addresses on the underlay and on the flat\n"
                      "network and the blocks they own, then the pods, grouped by node.\n"
                      "With --tunnels it shows what each node's tunnel has sent, received and\n"
                      "dropped, and why, peer by peer, with the offloads in use and the largest\n"
                      "packet that gets there.",
                  .positionals = {{.name = "LAB",
                                   .summary = "The lab; need not be named while only one runs",
                                   .required = false,
                                   .completion = Completion::lab}},
                  .options = {{.name = "tunnels",
                               .summary = "The nodes' tunnels, peer by peer, in place of pods"},
                              lab_option(),
                              output_option()},
                  .examples = {{"flatlan ps", "the only lab that runs"},
                               {"flatlan ps three-nodes", "the lab of that name"},
                               {"flatlan ps --tunnels", "what went from node to node"},
                               {"flatlan ps -o json", "for scripts"}},
                  .synonyms = {"status", "get", "pods", "nodes", "show"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
