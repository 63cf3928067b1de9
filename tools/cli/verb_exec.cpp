#include <unistd.h>

#include <ostream>

#include "tools/cli/container_choice.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

/// What runs when no command is given: the shells that a person may want, the better one first.
std::vector<std::string> shell() {
    for (const char* path : {"/bin/bash", "/bin/sh"})
        if (access(path, X_OK) == 0) return {path};
    return {"sh"};
}

/// The same where the files are another machine's: it has to look for itself.
std::vector<std::string> shell_of_container() {
    return {"sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"};
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(target, find_target(status, arguments.value("POD")));
    lab::ExecTarget place = target.exec_target();
    if (const bool has_containers = target.pod != nullptr && !target.pod->containers.empty();
        arguments.has("container") || (has_containers && !arguments.has("sandbox"))) {
        FLATLAN_TRY(container, choose_container(target, arguments.value("container"), console));
        place.container = std::move(container);
    }
    console.out.flush();  // the command writes to the same descriptor
    std::vector<std::string> command = arguments.command();
    if (command.empty()) command = place.container.empty() ? shell() : shell_of_container();
    FLATLAN_TRY(ended, labs.exec(lab, place, command));
    return static_cast<ExitStatus>(ended);
}

}  // namespace

Verb exec_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "exec",
             .summary = "Run a command in a pod or node",
             .description =
                 "Runs a command of this machine in a pod's network, with your terminal, working\n"
                 "directory and environment; in a pod with containers, inside of one of them.\n"
                 "Without a command it is a shell. The exit status is the command's; 125 when\n"
                 "flatlan itself fails, 126 when the command cannot be executed, 127 when it is\n"
                 "not found, 128+N when signal N ended it.",
             .positionals = {{.name = "POD",
                              .summary = "[NAMESPACE/]POD, node/NAME, an address, or underlay",
                              .completion = Completion::target}},
             .options =
                 {lab_option(),
                  container_option(),
                  {.name = "sandbox",
                   .summary = "Not in a container: its network, this machine's files"},
                  {.name = "stdin", .letter = 'i', .summary = "As without it: input is passed"},
                  {.name = "tty", .letter = 't', .summary = "As without it: a terminal is passed"}},
             .command = "CMD...",
             .examples = {{"flatlan exec pod-1", "a shell in a pod"},
                          {"flatlan exec pod-1 -- ip addr", "one command"},
                          {"flatlan exec web -c refresh -- ps", "in one of its containers"},
                          {"flatlan exec node/n1 -- ip route", "the same on a node"},
                          {"flatlan exec underlay -- ip route", "between the nodes"},
                          {"flatlan exec 10.244.0.3 -- ping -c 1 10.244.0.66", "by address"}},
             .synonyms = {"sh", "shell", "ssh", "attach"}},
        .run = [&labs](const Arguments& arguments,
                       Console& console) { return run(labs, arguments, console); },
        .status_of = [](const Error&) { return ExitStatus::exec_failed; }};
}

}  // namespace flatlan::cli
