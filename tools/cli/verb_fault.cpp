#include <algorithm>
#include <charconv>
#include <ostream>

#include "overlay/base/suggestion.hpp"
#include "overlay/lab/fault/catalogue.hpp"
#include "tools/cli/answers.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

Result<std::string> place_of(const lab::LabStatus& status, const Arguments& arguments,
                             const char* word) {
    if (!arguments.has(word)) return std::string{};
    auto target = find_target(status, arguments.value(word));
    if (!target) return std::move(target).error().at(word);
    if (target.value().registry != nullptr)
        return Error{ErrorCode::invalid_argument, "no fault is made at the node of etcd"}
            .at(word)
            .expecting("a pod, a node or underlay; 'flatlan node stop' cuts it off");
    return target.value().place();
}

std::string fault_text(const lab::FaultRecord& fault) {
    std::string text =
        std::to_string(fault.number) + "  " + fault.request.fault + " at " + fault.request.at;
    if (!fault.request.towards.empty()) text += ", towards " + fault.request.towards;
    if (fault.request.family) text += ", " + std::string{to_string(*fault.request.family)};
    return text + ": " + fault.made + "\n";
}

void print(const std::vector<lab::FaultRecord>& faults, const std::string& before,
           const Arguments& arguments, Console& console) {
    if (arguments.json()) {
        console.out << lab::to_json(faults) << '\n';
        return;
    }
    for (const lab::FaultRecord& fault : faults)
        console.out << before << fault_text(fault);
}

Result<const lab::FaultKind*> kind_of(const lab::FaultRequest& request) {
    auto kind = lab::find_fault_kind(request);
    if (kind) return kind;
    std::vector<std::string> names;
    for (const lab::FaultKind& each : lab::fault_kinds())
        names.emplace_back(each.name);
    const auto near = nearest(request.fault, names);
    const bool known = std::find(names.begin(), names.end(), request.fault) != names.end();
    if (known) return kind;
    return std::move(kind).error().expecting(near.empty() ? "one that flatlan fault kinds lists"
                                                          : join_alternatives(near));
}

Result<ExitStatus> add(LabService& labs, const Arguments& arguments, Console& console) {
    for (const char* const word : {"FAULT", "AT"})
        if (!arguments.has(word))
            return Error{ErrorCode::invalid_argument, std::string{"no "} + word + " is named"}
                .expecting("flatlan fault add FAULT AT [TOWARDS]");
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    lab::FaultRequest request{.fault = arguments.value("FAULT"), .at = {}};
    FLATLAN_TRY(at, place_of(status, arguments, "AT"));
    FLATLAN_TRY(towards, place_of(status, arguments, "TOWARDS"));
    request.at = at;
    request.towards = towards;
    if (arguments.has("family"))
        request.family = arguments.value("family") == "4" ? IpFamily::ipv4 : IpFamily::ipv6;
    FLATLAN_TRY(kind, kind_of(request));
    static_cast<void>(kind);
    FLATLAN_TRY(made, labs.add_fault(lab.name, request));
    print({made}, "", arguments, console);
    return ExitStatus::yes;
}

Result<ExitStatus> remove(LabService& labs, const Arguments& arguments, Console& console) {
    const std::string& which = arguments.value("FAULT");
    std::optional<unsigned> number;
    unsigned value = 0;
    const auto [end, failed] = std::from_chars(which.data(), which.data() + which.size(), value);
    if (!which.empty() && failed == std::errc{} && end == which.data() + which.size())
        number = value;
    if (!number && which != "all")
        return Error{ErrorCode::invalid_argument,
                     which.empty() ? "no fault is named" : "'" + which + "' is no fault's number"}
            .expecting("a number that flatlan fault ls shows, or all");
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(removed, labs.remove_faults(lab.name, number));
    print(removed, "taken away: ", arguments, console);
    return ExitStatus::yes;
}

Result<ExitStatus> list(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(faults, labs.list_faults(lab.name));
    print(faults, "", arguments, console);
    if (faults.empty() && !arguments.json())
        console.err << "no fault was made in lab " << lab.name.text() << '\n';
    return ExitStatus::yes;
}

/// The catalogue.
Result<ExitStatus> list_kinds(const Arguments& arguments, Console& console) {
    if (arguments.json()) {
        console.out << fault_kinds_json(lab::fault_kinds()) << '\n';
        return ExitStatus::yes;
    }
    Table table{{{"FAULT"}, {"AT"}, {"WHICH THEN"}}};
    for (const lab::FaultKind& kind : lab::fault_kinds())
        table.add({{std::string{kind.name}}, lab::places_of(kind), {std::string{kind.summary}}});
    console.out << table.render(console.out_terminal);
    return ExitStatus::yes;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    const std::string& action = arguments.value("ACTION");
    const bool takes_places = action == "add";
    if (!takes_places && (arguments.has("AT") || arguments.has("family")))
        return Error{ErrorCode::invalid_argument, "fault " + action + " takes no place"};
    if ((action == "ls" || action == "kinds") && arguments.has("FAULT"))
        return Error{ErrorCode::invalid_argument, "fault " + action + " takes no fault"};
    if (action == "add") return add(labs, arguments, console);
    if (action == "rm") return remove(labs, arguments, console);
    if (action == "ls") return list(labs, arguments, console);
    return list_kinds(arguments, console);
}

}  // namespace

Verb fault_verb(LabService& labs) {
    return {.usage = {.verb = "fault",
                      .summary = "Make something go wrong in a lab, and take it away again",
                      .description =
                          "add    make a fault at a pod, a node or the underlay; what it does to\n"
                          "       packets for TOWARDS, 'flatlan reach' and 'flatlan trace' tell\n"
                          "rm     take one away, by its number, or all; what was mended by hand\n"
                          "       meanwhile stays as it is\n"
                          "ls     the faults that were made and not taken away\n"
                          "kinds  the faults that there are\n\n"
                          "While there is a fault the lab does not mend its tunnels by itself, as\n"
                          "after 'flatlan upkeep off'.",
                      .positionals = {{.name = "ACTION",
                                       .summary = "What to do",
                                       .choices = {"add", "rm", "ls", "kinds"}},
                                      {.name = "FAULT",
                                       .summary = "add: its name; rm: its number, or all",
                                       .required = false},
                                      {.name = "AT",
                                       .summary = "[NAMESPACE/]POD, node/NAME or underlay",
                                       .required = false,
                                       .completion = Completion::target},
                                      {.name = "TOWARDS",
                                       .summary = "Whose packets it concerns",
                                       .required = false,
                                       .completion = Completion::target}},
                      .options = {lab_option(),
                                  output_option(),
                                  {.name = "family",
                                   .value = "4|6",
                                   .summary = "add: for this family of addresses alone",
                                   .choices = {"4", "6"}}},
                      .examples = {{"flatlan fault kinds", "what there is to learn"},
                                   {"flatlan fault add route-missing node/n1 pod-2", "make one"},
                                   {"flatlan fault rm all", "and all is well again"}},
                      .synonyms = {"break", "chaos", "inject", "sabotage", "disturb"}},
            .run = [&labs](const Arguments& arguments, Console& console) {
                return run(labs, arguments, console);
            }};
}

}  // namespace flatlan::cli
