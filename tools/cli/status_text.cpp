#include "tools/cli/status_text.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "tools/cli/container_table.hpp"
#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

/// More pods than that, and their table no longer fits on a screen: the grid is used.
constexpr std::size_t kPodsPerTableMax = 40;

using Pods = std::vector<const lab::PodStatus*>;

/// The pods of each node, those first that are not Running.
std::map<NodeName, Pods> group_by_node(const lab::LabStatus& status) {
    std::map<NodeName, Pods> groups;
    for (const lab::PodStatus& pod : status.pods)
        groups[pod.node].push_back(&pod);
    for (auto& [node, pods] : groups)
        std::stable_partition(pods.begin(), pods.end(), [](const lab::PodStatus* pod) {
            return pod->state != lab::Phase::running;
        });
    return groups;
}

Table::Cell texts(const IpAddresses& addresses) {
    Table::Cell cell;
    if (addresses.ipv4) cell.push_back(to_string(*addresses.ipv4));
    if (addresses.ipv6) cell.push_back(to_string(*addresses.ipv6));
    return cell.empty() ? Table::Cell{"-"} : cell;
}

Table::Cell texts(const std::vector<IpPrefix>& blocks) {
    Table::Cell cell;
    for (const IpPrefix& block : blocks)
        cell.push_back(to_string(block));
    return cell.empty() ? Table::Cell{"-"} : cell;
}

std::string state_text(lab::Phase state, const Terminal& terminal) {
    const bool well = state == lab::Phase::running || state == lab::Phase::succeeded;
    const Style style = well                          ? Style::good
                        : state == lab::Phase::failed ? Style::bad
                                                      : Style::warning;
    return styled(terminal, style, to_string(state));
}

/// What a node's own program does, where nodes have one.
std::string daemon_text(const lab::DaemonStatus& daemon, const Terminal& terminal) {
    if (daemon.pid != 0) return daemon.program + " " + std::to_string(daemon.pid);
    return styled(terminal, Style::bad, daemon.ended.empty() ? "-" : "ended");
}

std::string node_table(const lab::LabStatus& status, const std::map<NodeName, Pods>& groups,
                       const Terminal& terminal) {
    // A column that is only there where it says something.
    const bool repaired = std::any_of(status.nodes.begin(), status.nodes.end(),
                                      [](const auto& node) { return node.repairs > 0; });
    std::vector<Table::Column> columns{{"NODE"},     {"STATE"},   {"PODS", Table::Align::right},
                                       {"UNDERLAY"}, {"OVERLAY"}, {"BLOCKS"},
                                       {"BACKEND"}};
    if (repaired) columns.push_back({"REPAIRS", Table::Align::right});
    if (status.registry) columns.push_back({"DAEMON"});
    Table table{columns};
    for (const lab::NodeStatus& node : status.nodes) {
        const auto group = groups.find(node.name);
        const std::size_t pods = group == groups.end() ? 0 : group->second.size();
        std::vector<Table::Cell> row{{node.name.text()},
                                     {state_text(node.state, terminal)},
                                     {std::to_string(pods)},
                                     texts(node.underlay),
                                     texts(node.overlay),
                                     texts(node.blocks),
                                     {std::string{to_string(node.backend)}}};
        if (repaired) row.push_back({std::to_string(node.repairs)});
        if (status.registry)
            row.push_back({daemon_text(node.daemon.value_or(lab::DaemonStatus{}), terminal)});
        table.add(std::move(row));
    }
    return table.render(terminal);
}

/// Calls `visit` for each group in the order of the nodes; pods of a node that is not there come
/// last.
template <typename Visit>
void for_each_group(const lab::LabStatus& status, std::map<NodeName, Pods> groups, Visit visit) {
    for (const lab::NodeStatus& node : status.nodes) {
        const auto group = groups.find(node.name);
        if (group == groups.end()) continue;
        visit(group->first, group->second);
        groups.erase(group);
    }
    for (const auto& [node, pods] : groups)
        visit(node, pods);
}

/// "the way from n1 to n2 passes 1400 octets"; nothing where every way passes all.
std::string narrow_path_lines(const lab::LabStatus& status, const Terminal& terminal) {
    std::string lines;
    for (const lab::NodeStatus& node : status.nodes)
        for (const tunnel::PathMtu& path : node.narrow_paths)
            lines += styled(terminal, Style::warning, "narrow") + ": the way from " +
                     node.name.text() + " to " + path.node.text() + " passes " +
                     std::to_string(path.mtu.value()) + " octets\n";
    return lines;
}

/// "registry etcd: Running at http://172.31.0.4:2379", and how each program that is not there
/// ended; nothing where the supervisor is all there is.
std::string program_lines(const lab::LabStatus& status, const Terminal& terminal) {
    if (!status.registry) return {};
    const lab::RegistryStatus& registry = *status.registry;
    std::string lines = "registry " + registry.name.text() + ": " +
                        state_text(registry.state, terminal) + " at " + registry.url + '\n';
    const auto tell_end = [&](const NodeName& node, const lab::DaemonStatus& daemon) {
        if (daemon.ended.empty()) return;
        lines += styled(terminal, Style::bad, "ended") + ": " + daemon.program + " of " +
                 node.text() + " with " + daemon.ended + '\n';
    };
    tell_end(registry.name, registry.daemon);
    for (const lab::NodeStatus& node : status.nodes)
        if (node.daemon) tell_end(node.name, *node.daemon);
    return lines;
}

std::string pod_table(const lab::LabStatus& status, const std::map<NodeName, Pods>& groups,
                      const Terminal& terminal) {
    Table table{{{"POD"}, {"NODE"}, {"STATE"}, {"ADDRESS"}}};
    for_each_group(status, groups, [&](const NodeName& node, const Pods& pods) {
        for (const lab::PodStatus* pod : pods)
            table.add({{to_short_string(pod->name)},
                       {node.text()},
                       {state_text(pod->state, terminal)},
                       texts(pod->ips)});
    });
    return table.render(terminal);
}

/// "pod-7 10.244.0.9", with the state where it is another one than Running.
std::string grid_cell(const lab::PodStatus& pod, std::size_t name_columns,
                      const Terminal& terminal) {
    std::string cell = to_short_string(pod.name);
    cell.append(name_columns - cell.size(), ' ');
    for (const std::string& address : texts(pod.ips))
        cell += ' ' + address;
    if (pod.state != lab::Phase::running) cell += ' ' + state_text(pod.state, terminal);
    return cell;
}

std::string pod_grid(const lab::LabStatus& status, const std::map<NodeName, Pods>& groups,
                     const Terminal& terminal) {
    std::string out;
    for_each_group(status, groups, [&](const NodeName& node, const Pods& pods) {
        std::size_t name_columns = 0;
        for (const lab::PodStatus* pod : pods)
            name_columns = std::max(name_columns, to_short_string(pod->name).size());
        std::vector<std::string> cells;
        for (const lab::PodStatus* pod : pods)
            cells.push_back(grid_cell(*pod, name_columns, terminal));
        out += styled(terminal, Style::bold, node.text()) + ": " + count_of(pods.size(), "pod") +
               '\n' + render_grid(cells, terminal, 2);
    });
    return out;
}

}  // namespace

std::string status_text(const lab::LabStatus& status, const Terminal& terminal) {
    const std::map<NodeName, Pods> groups = group_by_node(status);
    const auto running = static_cast<std::size_t>(
        std::count_if(status.pods.begin(), status.pods.end(),
                      [](const lab::PodStatus& pod) { return pod.state == lab::Phase::running; }));
    std::string out = "lab " + status.lab.text() + ": " + state_text(status.state, terminal) +
                      ", " + count_of(status.nodes.size(), "node") + ", " +
                      count_of(status.pods.size(), "pod");
    if (running != status.pods.size())
        out += " of which " + styled(terminal, Style::warning,
                                     std::to_string(status.pods.size() - running) + " not Running");
    if (!status.upkeep) out += ", " + styled(terminal, Style::warning, "upkeep off");
    out += "\n\n" + node_table(status, groups, terminal) + narrow_path_lines(status, terminal) +
           program_lines(status, terminal);
    for (const std::string& note : status.notes)
        out += styled(terminal, Style::warning, "note") + ": " + note + '\n';
    if (status.pods.empty()) return out;
    const bool grid = terminal.interactive && status.pods.size() > kPodsPerTableMax;
    out += '\n' + (grid ? pod_grid : pod_table)(status, groups, terminal);
    const std::string containers = container_table(status, terminal);
    return containers.empty() ? out : out + '\n' + containers;
}

}  // namespace flatlan::cli
