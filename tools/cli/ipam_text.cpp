#include "tools/cli/ipam_text.hpp"

#include <algorithm>
#include <set>

#include "tools/cli/table.hpp"

namespace flatlan::cli {
namespace {

constexpr std::uint64_t kBarColumns = 24;
constexpr std::size_t kNamedMax = 10;  ///< leases of one kind that a rebuild names

std::string subject_of(const lab::IpamReport& report) {
    if (!report.lab.empty()) return "lab " + report.lab;
    return report.node.empty() ? "database " + report.database : "node " + report.node;
}

/// "[####~~..........xx]": what there is of a kind has a column at least, so that it is seen.
std::string bar(const ipam::PoolUsage& usage) {
    const std::uint64_t total = std::max<std::uint64_t>(usage.total(), 1);
    std::string columns;
    const auto draw = [&](char mark, std::uint64_t count) {
        const std::uint64_t share = (count * kBarColumns + total / 2) / total;
        columns.append(count == 0 ? 0 : std::max<std::uint64_t>(share, 1), mark);
    };
    draw('#', usage.leased);
    draw('~', usage.cooling);
    const std::size_t used = columns.size();
    draw('x', usage.reserved + usage.excluded);
    const std::size_t kept_back = columns.size() - used;
    columns.resize(used);
    if (usage.free != 0 || used + kept_back < kBarColumns)
        columns.append(kBarColumns - std::min(used + kept_back, kBarColumns - 1), '.');
    columns.append(kept_back, 'x');
    columns.resize(kBarColumns);
    return "[" + columns + "]";
}

std::string in_words(ipam::FindingKind kind) {
    std::string words{to_string(kind)};
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

std::string line_of(const std::string& lead, const lab::IpamReport::HeldLease& held) {
    return lead + held.lease.key.text() + " (" + ipam::text_of(held.lease.addresses) + ") on " +
           held.node + "\n";
}

void add_leases(std::string& text, const char* what, const std::vector<ipam::Lease>& leases) {
    if (leases.empty()) return;
    text += count_of(leases.size(), "lease") + " " + what + "\n";
    for (std::size_t i = 0; i < std::min(leases.size(), kNamedMax); ++i)
        text += "  " + leases[i].key.text() + " " + ipam::text_of(leases[i].addresses) + "\n";
    if (leases.size() > kNamedMax)
        text += "  and " + std::to_string(leases.size() - kNamedMax) + " more\n";
}

}  // namespace

std::string blocks_text(const lab::IpamReport& report, const Terminal& terminal) {
    Table table{{{"NODE"},
                 {"BLOCK"},
                 {"STATE"},
                 {"USE"},
                 {"LEASED", Table::Align::right},
                 {"COOLING", Table::Align::right},
                 {"KEPT BACK", Table::Align::right},
                 {"FREE", Table::Align::right}}};
    ipam::PoolUsage all;
    for (const lab::IpamReport::Block& block : report.blocks) {
        const ipam::PoolUsage& usage = block.usage;
        const bool serves = block.state == "serving";
        table.add({{block.node},
                   {to_string(block.block)},
                   {styled(terminal, serves ? Style::good : Style::warning, block.state)},
                   {serves ? bar(usage) : "-"},
                   {std::to_string(usage.leased)},
                   {std::to_string(usage.cooling)},
                   {std::to_string(usage.reserved + usage.excluded)},
                   {std::to_string(usage.free)}});
        all.leased += usage.leased;
        all.free += usage.free;
    }
    std::string prefixes;
    for (const IpPrefix& prefix : report.prefixes)
        prefixes += (prefixes.empty() ? ": " : ", ") + to_string(prefix);
    // Those of a mere database are its blocks.
    if (report.lab.empty() && report.node.empty()) prefixes.clear();
    std::string text = subject_of(report) + prefixes + "\n\n" + table.render(terminal) + "\n" +
                       count_of(report.blocks.size(), "block") + ", " + std::to_string(all.leased) +
                       " leased, " + std::to_string(all.free) +
                       " free (# leased, ~ cooling, x kept back, . free)\n";
    if (!report.findings.empty())
        text += styled(terminal, Style::warning,
                       count_of(report.findings.size(), "problem") + ": flatlan ipam check") +
                "\n";
    return text;
}

std::string findings_text(const lab::IpamReport& report, const Terminal& terminal) {
    if (report.findings.empty()) {
        std::set<std::string> nodes;
        for (const lab::IpamReport::Block& block : report.blocks)
            nodes.insert(block.node);
        return subject_of(report) + ": nothing is wrong (" + count_of(nodes.size(), "node") + ", " +
               count_of(report.blocks.size(), "block") + ", " +
               count_of(report.leases.size(), "lease") + ")\n";
    }
    std::string text =
        subject_of(report) + ": " + count_of(report.findings.size(), "problem") + "\n";
    for (const ipam::Finding& finding : report.findings)
        text += "\n" + styled(terminal, Style::bad, in_words(finding.kind)) + " " +
                finding.subject + (finding.node.empty() ? "" : " (" + finding.node + ")") + "\n  " +
                finding.evidence + "\n  to mend it: " + finding.mend + "\n";
    return text;
}

std::string collection_text(const Collection& collection) {
    if (collection.leaks.empty()) return "no lease has leaked\n";
    std::string text;
    if (collection.dry_run) {
        for (const auto& held : collection.leaks)
            text += line_of("would release ", held);
        return text;
    }
    for (const auto& held : collection.released)
        text += line_of("released ", held);
    if (const std::size_t kept = collection.leaks.size() - collection.released.size(); kept != 0)
        text += count_of(kept, "lease") + " kept: somebody uses them by now\n";
    return text;
}

std::string rebuild_text(const std::string& database, const ipam::RebuildReport& report) {
    std::string blocks;
    for (const IpPrefix& block : report.blocks)
        blocks += (blocks.empty() ? "" : ", ") + to_string(block);
    std::string text = "database " + database + " is made anew with " +
                       count_of(report.blocks.size(), "block") + ": " + blocks + "\n";
    add_leases(text, "taken over", report.kept);
    add_leases(text, "made from live network namespaces", report.adopted);
    add_leases(text, "of an earlier boot ended: no network namespace has them", report.released);
    add_leases(text, "not taken over: they lie in none of the blocks", report.outside);
    if (!report.kept_aside.empty())
        text += "the old one is kept as " + report.kept_aside.string() + "\n";
    return text;
}

std::string confirmed_text(const daemon::NodeStatus& before) {
    if (!before.claims_paused)
        return "cluster " + before.cluster + ": no claim waits, nothing was to be confirmed\n";
    std::string names;
    for (const std::string& name : before.awaited)
        names += (names.empty() ? "" : ", ") + name;
    return "cluster " + before.cluster + ": claims go on without " +
           (names.empty() ? "waiting for anybody" : names) + "\n";
}

}  // namespace flatlan::cli
