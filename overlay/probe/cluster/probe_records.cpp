#include "overlay/probe/cluster/probe_records.hpp"

#include <limits>

#include "overlay/base/text.hpp"
#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::probe {
namespace {

using control::RecordReader;
using control::RecordWriter;

constexpr std::string_view kMembers = "probe-members";
constexpr std::string_view kRoster = "probe-roster";
constexpr std::string_view kPorts = "probe-ports";
constexpr std::string_view kSummary = "probe-sent";
constexpr std::string_view kStart = "probe-start";
constexpr std::string_view kGone = "probe-gone";
constexpr std::string_view kRequest = "probe-request";
constexpr std::string_view kTrace = "trace";  // a purpose

std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

Result<Member> member_from(const RecordReader& reader, std::string_view text,
                           const NodeName& node) {
    const auto words = split_words(text, ' ');
    if (words.size() < 3 || (words[0] != "pod" && words[0] != "node") || words[1].empty())
        return reader.wrong("member", "is none: " + quoted(text));
    // A node speaks of itself and of its pods; people read the names, and paste them.
    const bool is_node = words[0] == "node";
    const std::string own = "node/" + node.text();
    if (is_node ? words[1] != own
                : words[1].starts_with("node/") || for_terminal(words[1]) != words[1])
        return reader.wrong("member", "of " + node.text() + " is called " + quoted(words[1]));
    Member member{.name = std::string{words[1]},
                  .kind = is_node ? MemberKind::node : MemberKind::pod,
                  .node = node,
                  .addresses = {}};
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto address = IpAddress::from_text(words[i]);
        if (!address) return reader.wrong("member", address.error().text());
        member.addresses.set(address.value());
    }
    return member;
}

Result<std::vector<NodeName>> nodes_of(const RecordReader& reader) {
    std::vector<NodeName> nodes;
    for (const std::string_view text : reader.all("node")) {
        const auto name = NodeName::from(text);
        if (!name) return reader.wrong("node", name.error().text());
        if (std::ranges::find(nodes, name.value()) != nodes.end())
            return reader.wrong("node", "names '" + std::string{text} + "' twice");
        nodes.push_back(name.value());
    }
    return nodes;
}

Result<Duration> span_of(const RecordReader& reader, std::string_view word) {
    FLATLAN_TRY(text, reader.one(word));
    const auto span = span_from_word(text);
    if (!span) return reader.wrong(word, "is no span of a day at most");
    return *span;
}

std::string trouble_of(const RecordReader& reader) {
    const auto words = reader.all("trouble");
    return words.empty() ? std::string{} : std::string{words.front()};
}

/// Reads "MEMBER FAMILY PROTOCOL" at the beginning of a field of so many words.
struct LaneOfMember {
    MemberId member;
    Lane lane;
};
Result<LaneOfMember> lane_of_member(const RecordReader& reader, std::string_view field,
                                    const std::vector<std::string_view>& words, std::size_t members,
                                    std::size_t count) {
    if (words.size() != count) return reader.wrong(field, "has another number of words");
    const auto member = member_from_word(words[0], members);
    if (!member) return reader.wrong(field, "names no member");
    FLATLAN_TRY(lane, lane_from_words(words[1], words[2]));
    return LaneOfMember{*member, lane};
}

bool is_of(const NodeName& node, std::span<const Member> members, MemberId member) {
    return members[member.value()].node == node;
}

Result<PlanRequest> plan_from(const RecordReader& reader) {
    PlanRequest request{.families = {}, .protocols = {}};
    for (const std::string_view text : reader.all("family")) {
        const auto family = family_from_word(text);
        if (!family) return reader.wrong("family", "is '" + std::string{text} + "'");
        request.families.push_back(*family);
    }
    for (const std::string_view text : reader.all("protocol")) {
        const auto protocol = protocol_from_text(text);
        if (!protocol) return reader.wrong("protocol", protocol.error().text());
        request.protocols.push_back(protocol.value());
    }
    for (const std::string_view text : reader.all("pair")) {
        const auto words = split_words(text, ' ');
        if (words.size() != 2) return reader.wrong("pair", "has not two names");
        request.pairs.push_back({std::string{words[0]}, std::string{words[1]}});
    }
    request.with_nodes = reader.all("pods-only").empty();
    if (!reader.all("sample").empty()) {
        FLATLAN_TRY(sample, reader.number_of("sample"));
        request.sample = sample;
    }
    FLATLAN_TRY(seed, reader.number_of("seed"));
    request.seed = seed;
    return request;
}

}  // namespace

std::string to_record(const MemberSheet& sheet) {
    RecordWriter writer{kMembers};
    if (!sheet.trouble.empty()) writer.field("trouble", one_line(sheet.trouble));
    for (const Member& member : sheet.members) {
        std::string text = (member.kind == MemberKind::pod ? "pod " : "node ") + member.name;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto address = member.addresses.find(family))
                text += " " + to_string(*address);
        writer.field("member", text);
    }
    return writer.text();
}

Result<MemberSheet> members_from_record(std::string_view text, const NodeName& node) {
    FLATLAN_TRY(reader, RecordReader::from(kMembers, text));
    MemberSheet sheet{{}, trouble_of(reader)};
    for (const std::string_view word : reader.all("member")) {
        FLATLAN_TRY(member, member_from(reader, word, node));
        sheet.members.push_back(member);
    }
    return sheet;
}

std::string to_record(const Roster& roster) {
    RecordWriter writer{kRoster};
    writer.field("run", std::to_string(roster.run));
    for (const NodeName& node : roster.nodes)
        writer.field("node", node.text());
    const PlanRequest& request = roster.request;
    for (const IpFamily family : request.families)
        writer.field("family", family_word(family));
    for (const Protocol protocol : request.protocols)
        writer.field("protocol", to_string(protocol));
    for (const NamedPair& pair : request.pairs)
        writer.field("pair", pair.from + " " + pair.to);
    if (!request.with_nodes) writer.field("pods-only", "yes");
    if (request.sample) writer.field("sample", std::to_string(*request.sample));
    writer.field("seed", std::to_string(request.seed));
    if (roster.trials == trial::TrialExtent::covering) writer.field("trials", "covering");
    return writer.text();
}

Result<Roster> roster_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kRoster, text));
    FLATLAN_TRY(run, reader.number_of("run"));
    if (run > std::numeric_limits<std::uint32_t>::max()) return reader.wrong("run", "is too large");
    FLATLAN_TRY(nodes, nodes_of(reader));
    FLATLAN_TRY(request, plan_from(reader));
    const auto trials =
        reader.all("trials").empty() ? trial::TrialExtent::none : trial::TrialExtent::covering;
    return Roster{static_cast<std::uint32_t>(run), nodes, request, trials};
}

std::string to_record(const PortSheet& sheet) {
    RecordWriter writer{kPorts};
    for (const PortSheet::Server& server : sheet.servers)
        writer.field("server", member_word(server.member) + " " + to_words(server.lane) + " " +
                                   std::to_string(server.port.value()));
    for (const auto& [lane, fault] : sheet.faults)
        writer.field("fault", member_word(fault.member) + " " + to_words(lane) + " " +
                                  std::string{to_string(fault.verdict)} + " " +
                                  std::to_string(fault.errno_value));
    return writer.text();
}

Result<PortSheet> ports_from_record(std::string_view text, std::span<const Member> members,
                                    const NodeName& node) {
    FLATLAN_TRY(reader, RecordReader::from(kPorts, text));
    PortSheet sheet;
    for (const std::string_view field : reader.all("server")) {
        const auto words = split_words(field, ' ');
        FLATLAN_TRY(of, lane_of_member(reader, "server", words, members.size(), 4));
        const auto port = port_from_word(words[3]);
        if (!port) return reader.wrong("server", "has no port");
        if (!is_of(node, members, of.member)) continue;
        sheet.servers.push_back({of.member, of.lane, *port});
    }
    for (const std::string_view field : reader.all("fault")) {
        const auto words = split_words(field, ' ');
        FLATLAN_TRY(of, lane_of_member(reader, "fault", words, members.size(), 5));
        FLATLAN_TRY(verdict, verdict_from_word(words[3]));
        const auto number = control::number(words[4]);
        if (!number || *number > std::numeric_limits<std::uint16_t>::max())
            return reader.wrong("fault", "has no error's number");
        if (!is_of(node, members, of.member)) continue;
        sheet.faults.push_back({of.lane, {of.member, verdict, static_cast<int>(*number)}});
    }
    return sheet;
}

std::string to_record(const SentSummary& summary) {
    RecordWriter writer{kSummary};
    writer.field("checks", std::to_string(summary.checks))
        .field("retried", std::to_string(summary.retried))
        .field("duplicates", std::to_string(summary.duplicates))
        .field("stalled-us", span_word(summary.stalled))
        .field("waited-us", run_delay_words(summary.run_delay));
    if (!summary.trouble.empty()) writer.field("trouble", one_line(summary.trouble));
    return writer.text();
}

Result<SentSummary> summary_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kSummary, text));
    FLATLAN_TRY(checks, reader.number_of("checks"));
    FLATLAN_TRY(retried, reader.number_of("retried"));
    FLATLAN_TRY(duplicates, reader.number_of("duplicates"));
    FLATLAN_TRY(stalled, span_of(reader, "stalled-us"));
    FLATLAN_TRY(waited, reader.one("waited-us"));
    const auto run_delay = run_delay_from_words(waited);
    if (!run_delay) return reader.wrong("waited-us", "has not four times");
    return SentSummary{checks, retried, duplicates, stalled, *run_delay, trouble_of(reader)};
}

std::string start_record(const std::vector<NodeName>& nodes) {
    RecordWriter writer{kStart};
    for (const NodeName& node : nodes)
        writer.field("node", node.text());
    return writer.text();
}

Result<std::vector<NodeName>> start_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kStart, text));
    return nodes_of(reader);
}

std::string gone_record(const std::vector<MemberId>& gone) {
    RecordWriter writer{kGone};
    for (const MemberId member : gone)
        writer.field("member", member_word(member));
    return writer.text();
}

Result<std::vector<MemberId>> gone_from_record(std::string_view text,
                                               std::span<const Member> members,
                                               const NodeName& node) {
    FLATLAN_TRY(reader, RecordReader::from(kGone, text));
    std::vector<MemberId> gone;
    for (const std::string_view word : reader.all("member")) {
        const auto member = member_from_word(word, members.size());
        if (!member) return reader.wrong("member", "names no member");
        if (is_of(node, members, *member)) gone.push_back(*member);
    }
    return gone;
}

std::string request_record(const ProbeAsked& asked) {
    RecordWriter writer{kRequest};
    writer.field("run", asked.run).field("asker", asked.asker.text());
    if (asked.purpose == Purpose::trace) writer.field("purpose", kTrace);
    return writer.text();
}

Result<ProbeAsked> request_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kRequest, text));
    FLATLAN_TRY(run, reader.one("run"));
    FLATLAN_TRY(asker, reader.parsed("asker", [](auto word) { return NodeName::from(word); }));
    ProbeAsked asked{std::string{run}, asker};
    if (reader.all("purpose").empty()) return asked;
    FLATLAN_TRY(purpose, reader.one("purpose"));
    if (purpose != kTrace) return reader.wrong("purpose", "is '" + std::string{purpose} + "'");
    asked.purpose = Purpose::trace;
    return asked;
}

}  // namespace flatlan::probe
