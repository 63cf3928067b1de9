#include <ostream>

#include "tools/cli/answers.hpp"
#include "tools/cli/table.hpp"
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

/// One line when all is well; what is needed, what for, and the mend below it when not.
std::string lines_of(const MachineCheck& check, std::size_t name_columns,
                     const Terminal& terminal) {
    constexpr std::size_t kStateColumns = 7;  // of "limited" and "missing"
    const std::string state{to_string(check.state)};
    std::string out = styled(terminal, style_of(check.state), state);
    out += std::string(kStateColumns - state.size() + 2, ' ') + check.name +
           std::string(name_columns - check.name.size() + 2, ' ') + check.found + '\n';
    if (check.state == CheckState::ok) return out;
    const std::string indent(kStateColumns + 2, ' ');
    out += indent + "needed: " + check.needed + ", for " + check.purpose + '\n';
    if (!check.mend.empty()) out += indent + "mend:   " + check.mend + '\n';
    return out;
}

std::string report_text(const lab::MachineReport& report, const Terminal& terminal) {
    std::size_t name_columns = 0;
    for (const MachineCheck& check : report.checks)
        name_columns = std::max(name_columns, check.name.size());
    std::string out;
    for (const MachineCheck& check : report.checks)
        out += lines_of(check, name_columns, terminal);

    out += '\n';
    const std::vector<MachineCheck> obstacles = report.obstacles();
    if (obstacles.empty()) return out + "This machine can run labs.\n";
    std::string names;
    for (const MachineCheck& check : obstacles)
        names += (names.empty() ? "" : ", ") + check.name;
    return out + "This machine cannot run labs. It lacks: " + names + ".\n";
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
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
                 "status is 0 when labs can run, 3 when not.",
             .options = {output_option()},
             .examples = {{"flatlan doctor", "as the user who will run labs"},
                          {"flatlan doctor -o json", "for scripts"}},
             .synonyms = {"diagnose", "info"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
