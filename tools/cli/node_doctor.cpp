#include "tools/cli/node_doctor.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "overlay/node/published/node_file.hpp"
#include "tools/cli/check_lines.hpp"
#include "tools/doctor/collect_facts.hpp"

namespace flatlan::cli {
namespace {

using doctor::NodeCheck;
using doctor::NodeState;

Style style_of(NodeState state) {
    switch (state) {
        case NodeState::ok:
            return Style::good;
        case NodeState::doubtful:
            return Style::warning;
        case NodeState::broken:
            return Style::bad;
    }
    return Style::plain;
}

CheckLine line_of(const NodeCheck& check) {
    CheckLine line{.state = std::string{to_string(check.state)},
                   .style = style_of(check.state),
                   .name = check.name,
                   .found = check.found};
    if (check.state == NodeState::ok) return line;
    line.remark = "breaks: " + check.breaks;
    line.mend = check.mend;
    return line;
}

std::string json_of(const doctor::NodeReport& report) {
    using Json = nlohmann::ordered_json;
    Json checks = Json::array();
    for (const NodeCheck& check : report.checks)
        checks.push_back({{"name", check.name},
                          {"state", to_string(check.state)},
                          {"found", check.found},
                          {"breaks", check.breaks},
                          {"mend", check.mend}});
    return Json{{"healthy", report.healthy()},
                {"node", report.node},
                {"underlay", report.underlay},
                {"checks", std::move(checks)}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string report_text(const doctor::NodeReport& report, const Terminal& terminal) {
    std::vector<CheckLine> lines;
    for (const NodeCheck& check : report.checks)
        lines.push_back(line_of(check));
    const std::string out = lines_of(lines, terminal) + '\n';
    if (report.healthy()) return out + "Nothing on this host breaks pods' networking.\n";
    std::string names;
    for (const NodeCheck& check : report.checks)
        if (check.state == NodeState::broken) names += (names.empty() ? "" : ", ") + check.name;
    return out + "This host breaks pods' networking: " + names + ".\n";
}

}  // namespace

Result<ExitStatus> examine_node(const Arguments& arguments, Console& console) {
    const std::string file = arguments.has("node-file") ? arguments.value("node-file")
                                                        : std::string{node::kNodeFilePath};
    FLATLAN_TRY(report, doctor::examine_node(file));
    if (arguments.json())
        console.out << json_of(report) << '\n';
    else
        console.out << report_text(report, console.out_terminal);
    return report.healthy() ? ExitStatus::yes : ExitStatus::no;
}

}  // namespace flatlan::cli
