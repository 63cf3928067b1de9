#include "tools/cli/node_text.hpp"

#include "tools/cli/lab_words.hpp"
#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

using daemon::NodeStatus;

std::string state_text(bool ready, const Terminal& terminal) {
    return ready ? styled(terminal, Style::good, "Ready")
                 : styled(terminal, Style::bad, "NotReady");
}

Table::Cell cell_of(const IpAddresses& addresses) {
    Table::Cell cell;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto address = addresses.find(family)) cell.push_back(to_string(*address));
    return cell.empty() ? Table::Cell{"-"} : cell;
}

Table::Cell cell_of(const std::vector<IpPrefix>& prefixes) {
    Table::Cell cell;
    for (const IpPrefix& prefix : prefixes)
        cell.push_back(to_string(prefix));
    return cell.empty() ? Table::Cell{"-"} : cell;
}

std::string joined(const Table::Cell& values) {
    std::string text;
    for (const std::string& value : values)
        text += (text.empty() ? "" : ", ") + value;
    return text;
}

/// "2 s", "10 min", "1 h", "1 min 30 s".
std::string span(std::uint64_t seconds) {
    constexpr std::uint64_t kMinute = 60;
    constexpr std::uint64_t kHour = 60 * kMinute;
    if (seconds < kMinute) return std::to_string(seconds) + " s";
    if (seconds % kHour == 0) return std::to_string(seconds / kHour) + " h";
    if (seconds % kMinute == 0) return std::to_string(seconds / kMinute) + " min";
    return in_words(std::chrono::seconds{seconds});
}

/// "confirmed 2 s ago; without it pods can be added for 10 min 0 s".
std::string confirmation_text(const NodeStatus::Confirmation& confirmed) {
    std::string text = confirmed.age_s ? "confirmed " + span(*confirmed.age_s) + " ago"
                                       : "not heard of since the machine booted";
    if (confirmed.offline_max_s)
        text += "; without it pods can be added for " + span(*confirmed.offline_max_s);
    if (confirmed.reclaim_after_s)
        text += ", and others take the blocks after " + span(*confirmed.reclaim_after_s);
    return text;
}

/// Why it is not ready, and what is wrong with the way there all the same.
std::string reason_of(const NodeStatus::Other& node) {
    if (!node.narrow_mtu) return node.reason;
    return node.reason + (node.reason.empty() ? "" : ", ") + "the way there passes " +
           std::to_string(*node.narrow_mtu) + " octets";
}

std::string others_text(const NodeStatus& status, const Terminal& terminal) {
    if (status.nodes.empty()) return "no other node is known\n";
    Table table{{{"NODE"}, {"STATE"}, {"UNDERLAY"}, {"OVERLAY"}, {"BLOCKS"}, {"REASON"}}};
    for (const NodeStatus::Other& node : status.nodes)
        table.add({{node.name},
                   {state_text(node.ready, terminal)},
                   {node.underlay.empty() ? "-" : node.underlay},
                   cell_of(node.overlay),
                   cell_of(node.blocks),
                   {reason_of(node)}});
    return table.render(terminal);
}

}  // namespace

std::string node_text(const NodeStatus& status, const Terminal& terminal) {
    std::string text = "node " + status.node + " of cluster " + status.cluster + ": " +
                       state_text(status.ready, terminal) +
                       (status.reason.empty() ? "" : ", " + status.reason) + "\n\n";
    text += "registry  " + status.registry + "\n          " + confirmation_text(status.confirmed) +
            "\n";
    if (status.claims_paused && !status.awaited.empty())
        text += "          no block is claimed: awaits " + joined(status.awaited) +
                " (flatlan ipam rebuild --confirm)\n";
    text +=
        "underlay  " +
        (status.underlay.empty() ? "-" : status.underlay + " on interface " + status.interface) +
        "\n";
    text +=
        "tunnel    " + status.backend + ", put right " + count_of(status.repairs, "time") + "\n";
    text += "overlay   " + joined(cell_of(status.overlay)) + "\n";
    text += "blocks    " + joined(cell_of(status.blocks)) + "\n";
    text += "leases    " + std::to_string(status.leased) + ", " + std::to_string(status.free) +
            " addresses free, in " + status.database + "\n";
    for (const std::string& key : status.lost)
        text += styled(terminal, Style::bad, "lost") + "      the addresses of " + key +
                " may be another node's: delete that pod\n";
    return text + "\n" + others_text(status, terminal);
}

std::string other_text(const NodeStatus::Other& node, const Terminal& terminal) {
    const std::string reason = reason_of(node);
    return "node " + node.name + ": " + state_text(node.ready, terminal) +
           (reason.empty() ? "" : ", " + reason) + "\n\n" + "underlay  " +
           (node.underlay.empty() ? "-" : node.underlay) + "\n" + "overlay   " +
           joined(cell_of(node.overlay)) + "\n" + "blocks    " + joined(cell_of(node.blocks)) +
           "\n";
}

std::string removed_text(const daemon::NodeRemoved& removed) {
    if (removed.blocks.empty()) return "node " + removed.node + " is removed; it had no block\n";
    return "node " + removed.node + " is removed; taken back: " + joined(cell_of(removed.blocks)) +
           "\n";
}

}  // namespace flatlan::cli
