#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/check_lines.hpp"
#include "tools/cli/node_doctor.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

using lab::CheckState;
using lab::MachineCheck;

Style style_of(CheckState state) {
    switch (state) {
        case CheckState::ok:
            return Style::good;
        case CheckState::limited:
            return Style::warning;
        case CheckState::missing:
            return Style::bad;
    }
    return Style::plain;
}

CheckLine line_of(const MachineCheck& check) {
    CheckLine line{.state = std::string{to_string(check.state)},
                   .style = style_of(check.state),
                   .name = check.name,
                   .found = check.found};
    if (check.state == CheckState::ok) return line;
    line.remark = "needed: " + check.needed + ", for " + check.purpose;
    line.mend = check.mend;
    return line;
}

std::string report_text(const lab::MachineReport& report, const Terminal& terminal) {
    std::vector<CheckLine> lines;
    for (const MachineCheck& check : report.checks)
        lines.push_back(line_of(check));
    const std::string out = lines_of(lines, terminal) + '\n';
    const std::vector<MachineCheck> obstacles = report.obstacles();
    if (obstacles.empty()) return out + "This machine can run labs.\n";
    std::string names;
    for (const MachineCheck& check : obstacles)
        names += (names.empty() ? "" : ", ") + check.name;
    return out + "This machine cannot run labs. It lacks: " + names + ".\n";
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    if (arguments.has("node")) return examine_node(arguments, console);
    if (arguments.has("node-file"))
        return Error{ErrorCode::invalid_argument, "a node file says nothing about labs"}
            .at("--node-file")
            .expecting("--node beside it");
    const lab::MachineReport report = labs.examine_machine();
    if (arguments.json())
        console.out << doctor_json(report) << '\n';
    else
        console.out << report_text(report, console.out_terminal);
    return report.can_run_lab() ? ExitStatus::yes : ExitStatus::forbidden;
}

}  // namespace

Verb doctor_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "doctor",
             .summary = "Say what this machine can do, and how to mend what it cannot",
             .description =
                 "Tries each kernel feature that a lab uses, in namespaces of its own, and reads\n"
                 "each limit that matters. 'limited' does not stop a lab, 'missing' may. The exit\n"
                 "status is 0 when labs can run, 3 when not.\n"
                 "\n"
                 "With --node it looks, as root, at a host whose daemon is flatland: at what else\n"
                 "on it drops or changes packets of pods, and how to mend that. 'doubtful' may\n"
                 "break something. The exit status is 1 when something is broken.",
             .options = {{.name = "node", .summary = "Look at this host as a node of a cluster"},
                         {.name = "node-file",
                          .value = "FILE",
                          .summary = "With --node: another node.json of the daemon",
                          .completion = Completion::file},
                         output_option()},
             .examples = {{"flatlan doctor", "as the user who will run labs"},
                          {"sudo flatlan doctor --node", "on a machine of a real cluster"},
                          {"flatlan doctor -o json", "for scripts"}},
             .synonyms = {"diagnose", "info"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
