#include "overlay/probe/cluster/trial_records.hpp"

#include <limits>

#include "overlay/probe/cluster/check_note.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::probe {
namespace {

using control::RecordReader;
using control::RecordWriter;
using trial::Door;
using trial::Trial;
using trial::TrialKind;

constexpr std::string_view kCall = "probe-trials";
constexpr std::string_view kDoors = "probe-doors";
constexpr std::string_view kTried = "probe-tried";
constexpr std::size_t kWordsMaxBytes = 300;

Result<Pair> pair_from(const RecordReader& reader, std::string_view field, std::string_view from,
                       std::string_view to, std::size_t members) {
    const auto sender = member_from_word(from, members);
    const auto receiver = member_from_word(to, members);
    if (!sender || !receiver) return reader.wrong(field, "names no member");
    return Pair{*sender, *receiver};
}

std::string text_of(const Pair& pair) {
    return member_word(pair.from) + " " + member_word(pair.to);
}

Result<IpFamily> family_from(const RecordReader& reader, std::string_view field,
                             std::string_view word) {
    const auto family = family_from_word(word);
    if (!family) return reader.wrong(field, "has no family");
    return *family;
}

template <typename Enum>
Result<Enum> enum_from(const RecordReader& reader, std::string_view field, std::string_view word,
                       Enum last) {
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i)
        if (to_string(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
    return reader.wrong(field, "does not know '" + std::string{word} + "'");
}

Result<std::uint32_t> count_from(const RecordReader& reader, std::string_view field,
                                 std::string_view word) {
    const auto value = control::number(word);
    if (!value || *value > std::numeric_limits<std::uint32_t>::max())
        return reader.wrong(field, "has no count");
    return static_cast<std::uint32_t>(*value);
}

/// "4 udp 0 3 largest_arrives mtu_black_hole yes WORDS": in words last what was seen.
std::string text_of(const Failure& failure) {
    std::string seen = failure.evidence.trial.substr(0, kWordsMaxBytes);
    std::ranges::replace(seen, '\n', ' ');
    return to_words(failure.lane) + " " + text_of(failure.pair) + " " +
           std::string{to_string(failure.finding.property)} + " " +
           std::string{to_string(failure.finding.verdict)} +
           (failure.evidence.overloaded ? " yes " : " no ") + seen;
}

Result<Failure> failure_from(const RecordReader& reader, std::string_view text,
                             std::size_t members) {
    constexpr std::size_t kHeadWords = 7;
    std::vector<std::string_view> head;
    while (head.size() < kHeadWords) {
        const std::size_t end = text.find(' ');
        if (end == text.npos) return reader.wrong("failed", "has too few words");
        head.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    FLATLAN_TRY(lane, lane_from_words(head[0], head[1]));
    FLATLAN_TRY(pair, pair_from(reader, "failed", head[2], head[3], members));
    FLATLAN_TRY(property, enum_from(reader, "failed", head[4], Property::content_kept));
    FLATLAN_TRY(verdict, enum_from(reader, "failed", head[5], Verdict::unknown));
    Evidence evidence;
    evidence.trial = std::string{text};
    evidence.overloaded = head[6] == "yes";
    return Failure{pair, lane, {property, verdict}, std::move(evidence)};
}

void add_count(trial::TrialReport& report, const trial::TrialCount& more) {
    for (trial::TrialCount& count : report.counts) {
        if (count.kind != more.kind) continue;
        count.tried += more.tried;
        count.failed += more.failed;
        return;
    }
    report.counts.push_back(more);
}

Result<std::array<std::uint32_t, 2>> two_from(const RecordReader& reader, std::string_view field,
                                              std::string_view text) {
    const auto words = split_words(text, ' ');
    if (words.size() != 2) return reader.wrong(field, "has not two numbers");
    FLATLAN_TRY(first, count_from(reader, field, words[0]));
    FLATLAN_TRY(second, count_from(reader, field, words[1]));
    return std::array{first, second};
}

/// What is said in numbers alone.
Result<void> add_figures(const RecordReader& reader, trial::TrialReport& report) {
    for (const std::string_view text : reader.all("mtu")) {
        FLATLAN_TRY(span, two_from(reader, "mtu", text));
        trial::Span::widen(report.path_mtu_octets, span[0]);
        trial::Span::widen(report.path_mtu_octets, span[1]);
    }
    for (const std::string_view text : reader.all("stream")) {
        FLATLAN_TRY(packets, two_from(reader, "stream", text));
        report.packets_sent += packets[0];
        report.packets_lost += packets[1];
    }
    for (const std::string_view text : reader.all("waited-us")) {
        const auto delay = run_delay_from_words(text);
        if (!delay) return reader.wrong("waited-us", "has not four times");
        report.run_delay += *delay;
    }
    return success();
}

}  // namespace

std::string to_record(const TrialCall& call) {
    RecordWriter writer{kCall};
    writer.field("seed", std::to_string(call.seed));
    for (const Trial& trial : call.trials)
        writer.field("trial", std::string{to_string(trial.kind)} + " " +
                                  std::string{family_word(trial.family)} + " " +
                                  text_of(trial.pair));
    return writer.text();
}

Result<TrialCall> trial_call_from_record(std::string_view text, std::span<const Member> members) {
    FLATLAN_TRY(reader, RecordReader::from(kCall, text));
    FLATLAN_TRY(seed, reader.number_of("seed"));
    TrialCall call{seed, {}};
    for (const std::string_view field : reader.all("trial")) {
        const auto words = split_words(field, ' ');
        if (words.size() != 4) return reader.wrong("trial", "has not four words");
        FLATLAN_TRY(kind, enum_from(reader, "trial", words[0], TrialKind::transfer));
        FLATLAN_TRY(family, family_from(reader, "trial", words[1]));
        FLATLAN_TRY(pair, pair_from(reader, "trial", words[2], words[3], members.size()));
        const Trial trial{kind, family, pair};
        if (!can_try(members, pair, trial.lane()))
            return reader.wrong("trial", "is of two of whom one has no address of IPv" +
                                             std::string{family_word(family)});
        call.trials.push_back(trial);
    }
    if (call.trials.size() > kClusterTrialsMax)
        return reader.wrong("trial", "is there " + std::to_string(call.trials.size()) +
                                         " times, and may be " + std::to_string(kClusterTrialsMax) +
                                         " times");
    return call;
}

std::string to_record(const std::vector<Door>& doors) {
    RecordWriter writer{kDoors};
    for (const Door& door : doors)
        writer.field("door",
                     member_word(door.member) + " " + std::string{family_word(door.family)} + " " +
                         std::to_string(door.udp.value()) + " " + std::to_string(door.tcp.value()));
    return writer.text();
}

Result<std::vector<Door>> doors_from_record(std::string_view text, std::size_t members) {
    FLATLAN_TRY(reader, RecordReader::from(kDoors, text));
    std::vector<Door> doors;
    for (const std::string_view field : reader.all("door")) {
        const auto words = split_words(field, ' ');
        if (words.size() != 4) return reader.wrong("door", "has not four words");
        const auto member = member_from_word(words[0], members);
        const auto udp = port_from_word(words[2]);
        const auto tcp = port_from_word(words[3]);
        if (!member) return reader.wrong("door", "names no member");
        if (!udp || !tcp) return reader.wrong("door", "has no port");
        FLATLAN_TRY(family, family_from(reader, "door", words[1]));
        doors.push_back({*member, family, *udp, *tcp});
    }
    return doors;
}

std::vector<std::string> to_pages(const trial::TrialReport& report, std::size_t page_max_bytes) {
    PageWriter pages{kTried, page_max_bytes};
    const auto two = [](auto first, auto second) {
        return std::to_string(first) + " " + std::to_string(second);
    };
    for (const trial::TrialCount& count : report.counts)
        pages.field("count",
                    std::string{to_string(count.kind)} + " " + two(count.tried, count.failed));
    if (const auto& span = report.path_mtu_octets)
        pages.field("mtu", two(span->least, span->greatest));
    pages.field("stream", two(report.packets_sent, report.packets_lost));
    pages.field("waited-us", run_delay_words(report.run_delay));
    for (const Failure& failure : report.failures)
        pages.field("failed", text_of(failure));
    return pages.take();
}

Result<void> add_page(std::string_view page, std::size_t members, trial::TrialReport& report) {
    FLATLAN_TRY(reader, RecordReader::from(kTried, page));
    for (const std::string_view text : reader.all("count")) {
        const auto words = split_words(text, ' ');
        if (words.size() != 3) return reader.wrong("count", "has not three words");
        FLATLAN_TRY(kind, enum_from(reader, "count", words[0], TrialKind::transfer));
        FLATLAN_TRY(tried, count_from(reader, "count", words[1]));
        FLATLAN_TRY(failed, count_from(reader, "count", words[2]));
        add_count(report, {kind, tried, failed});
    }
    FLATLAN_TRY_VOID(add_figures(reader, report));
    for (const std::string_view text : reader.all("failed")) {
        FLATLAN_TRY(failure, failure_from(reader, text, members));
        report.failures.push_back(std::move(failure));
    }
    return success();
}

}  // namespace flatlan::probe
