#include "tools/cli/tunnel_text.hpp"

#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

std::vector<Table::Cell> cells_of(const tunnel::TrafficCount& traffic) {
    return {{std::to_string(traffic.packets)}, {std::to_string(traffic.octets)}};
}

/// Only the reasons that occurred.
Table::Cell texts(const std::vector<tunnel::DropCount>& drops) {
    Table::Cell cell;
    for (const tunnel::DropCount& drop : drops)
        if (drop.packets > 0) cell.push_back(drop.reason + ' ' + std::to_string(drop.packets));
    return cell.empty() ? Table::Cell{"-"} : cell;
}

std::vector<Table::Column> with_traffic(std::vector<Table::Column> columns) {
    for (const char* const heading : {"SENT", "OCTETS", "RECEIVED", "OCTETS"})
        columns.push_back({heading, Table::Align::right});
    return columns;
}

void append(std::vector<Table::Cell>& row, std::vector<Table::Cell> cells) {
    for (Table::Cell& cell : cells)
        row.push_back(std::move(cell));
}

std::string device_table(const lab::LabStatus& status, const Terminal& terminal) {
    auto columns = with_traffic({{"TUNNEL"}, {"BACKEND"}});
    columns.insert(columns.end(), {{"DROPPED"}, {"OFFLOADS"}});
    Table table{columns};
    for (const lab::NodeStatus& node : status.nodes) {
        if (!node.tunnel) continue;
        std::vector<Table::Cell> row{{node.name.text()}, {std::string{to_string(node.backend)}}};
        append(row, cells_of(node.tunnel->sent));
        append(row, cells_of(node.tunnel->received));
        row.push_back(texts(node.tunnel->drops));
        row.push_back(node.tunnel->offloads.empty() ? Table::Cell{"-"} : node.tunnel->offloads);
        table.add(std::move(row));
    }
    return table.render(terminal);
}

std::string peer_table(const lab::LabStatus& status, const Terminal& terminal) {
    auto columns = with_traffic({{"TUNNEL"}, {"PEER"}});
    columns.insert(columns.end(), {{"PATH MTU", Table::Align::right}, {"DROPPED"}});
    Table table{columns};
    for (const lab::NodeStatus& node : status.nodes) {
        if (!node.tunnel) continue;
        for (const tunnel::PeerFigures& peer : node.tunnel->peers) {
            std::vector<Table::Cell> row{{node.name.text()}, {peer.node.text()}};
            for (const auto& traffic : {peer.sent, peer.received})
                append(row, traffic ? cells_of(*traffic) : std::vector<Table::Cell>{{"-"}, {"-"}});
            row.push_back({peer.path_mtu ? std::to_string(peer.path_mtu->value()) : "-"});
            row.push_back(texts(peer.drops));
            table.add(std::move(row));
        }
    }
    return table.render(terminal);
}

/// "n1: peers are not counted: ..."; a tunnel whose figures could not be read is one of them.
std::string note_lines(const lab::LabStatus& status, const Terminal& terminal) {
    std::string lines;
    const auto add = [&](const lab::NodeStatus& node, const std::string& note) {
        lines += styled(terminal, Style::warning, node.name.text()) + ": " + note + '\n';
    };
    for (const lab::NodeStatus& node : status.nodes) {
        if (!node.tunnel) add(node, "its tunnel's figures could not be read");
        if (node.tunnel)
            for (const std::string& note : node.tunnel->notes)
                add(node, note);
    }
    return lines;
}

}  // namespace

std::string tunnel_text(const lab::LabStatus& status, const Terminal& terminal) {
    return device_table(status, terminal) + note_lines(status, terminal) + '\n' +
           peer_table(status, terminal);
}

}  // namespace flatlan::cli
