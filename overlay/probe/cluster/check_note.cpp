#include "overlay/probe/cluster/check_note.hpp"

#include <limits>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::probe {
namespace {

Error wrong(std::string_view words) {
    return control::corrupt("probe", "'" + std::string{words} + "' is no note of a check");
}

std::string text_of(const Endpoint& endpoint) {
    return to_string(endpoint.address) + "," + std::to_string(endpoint.port.value());
}

/// Reads the parts of one word, "S10.244.0.1,4000" behind its letter, from left to right.
class Parts {
public:
    Parts(std::string_view text, std::size_t members)
        : parts_{split_words(text, ',')}, members_{members} {}

    std::optional<std::uint64_t> number(std::uint64_t most) {
        if (next_ >= parts_.size()) return std::nullopt;
        const auto value = control::number(parts_[next_++]);
        return value && *value <= most ? value : std::nullopt;
    }
    std::optional<MemberId> member() {
        if (next_ >= parts_.size()) return std::nullopt;
        return member_from_word(parts_[next_++], members_);
    }
    std::optional<IpAddress> address() {
        if (next_ >= parts_.size()) return std::nullopt;
        const auto value = IpAddress::from_text(parts_[next_++]);
        return value ? std::optional{value.value()} : std::nullopt;
    }
    std::optional<Endpoint> endpoint() {
        const auto where = address();
        if (!where || next_ >= parts_.size()) return std::nullopt;
        const auto port = port_from_word(parts_[next_++]);
        return port ? std::optional{Endpoint{*where, *port}} : std::nullopt;
    }
    std::optional<Verdict> verdict() {
        if (next_ >= parts_.size()) return std::nullopt;
        const auto value = verdict_from_word(parts_[next_++]);
        return value ? std::optional{value.value()} : std::nullopt;
    }
    std::optional<std::uint8_t> octet() {
        const auto value = number(std::numeric_limits<std::uint8_t>::max());
        return value ? std::optional{static_cast<std::uint8_t>(*value)} : std::nullopt;
    }
    bool has_more() const { return next_ < parts_.size(); }

private:
    std::vector<std::string_view> parts_;
    std::size_t next_ = 0;
    std::size_t members_;
};

bool read_fault(Parts& parts, Evidence& evidence) {
    const auto member = parts.member();
    const auto verdict = parts.verdict();
    const auto errno_value = parts.number(std::numeric_limits<std::uint16_t>::max());
    if (!member || !verdict || !errno_value) return false;
    evidence.fault = MemberFault{*member, *verdict, static_cast<int>(*errno_value)};
    return true;
}

bool read_sighting(Parts& parts, Evidence& evidence) {
    const auto at = parts.member();
    const auto source = parts.endpoint();
    const auto destination = parts.endpoint();
    if (!at || !source || !destination) return false;
    evidence.sighting = Sighting{*at, *source, *destination, std::nullopt};
    return true;
}

bool read_refusal(Parts& parts, Evidence& evidence) {
    const auto kind = parts.number(static_cast<std::uint64_t>(RefusalKind::other));
    const auto errno_value = parts.number(std::numeric_limits<std::uint16_t>::max());
    if (!kind || !errno_value) return false;
    evidence.refusal = Refusal{.kind = static_cast<RefusalKind>(*kind),
                               .errno_value = static_cast<int>(*errno_value)};
    if (!parts.has_more()) return true;
    evidence.refusal->reporter = parts.address();
    return evidence.refusal->reporter.has_value();
}

bool read_hops(Parts& parts, Evidence& evidence) {
    const auto at = parts.member();
    const auto ttl = parts.octet();
    const auto expected = parts.octet();
    if (!at || !ttl || !expected) return false;
    evidence.hops = HopsSeen{*at, *ttl, *expected};
    return true;
}

/// One word of evidence: a letter, and what follows it.
bool read_word(std::string_view word, std::size_t members, Evidence& evidence) {
    Parts parts{word.substr(1), members};
    const auto keep = [](auto& where, const auto& value) {
        where = value;
        return value.has_value();
    };
    switch (word.front()) {
        case 's':
            return evidence.seen = true;
        case 'a':
            return evidence.answered = true;
        case 'o':
            return evidence.overloaded = true;
        case 't':
            if (const auto tries = parts.octet()) {
                evidence.tries = *tries;
                return true;
            }
            return false;
        case 'S':
            return keep(evidence.source, parts.endpoint());
        case 'D':
            return keep(evidence.destination, parts.endpoint());
        case 'A':
            return keep(evidence.answer_from, parts.endpoint());
        case 'W':
            return keep(evidence.twice, parts.member());
        case 'F':
            return read_fault(parts, evidence);
        case 'G':
            return read_sighting(parts, evidence);
        case 'R':
            return read_refusal(parts, evidence);
        case 'H':
            return read_hops(parts, evidence);
        default:
            return false;
    }
}

}  // namespace

std::string to_words(const CheckNote& note) {
    const Evidence& evidence = note.evidence;
    std::string text =
        to_words(note.lane) + " " + member_word(note.pair.from) + " " + member_word(note.pair.to);
    if (evidence.seen) text += " s";
    if (evidence.answered) text += " a";
    if (evidence.overloaded) text += " o";
    if (evidence.tries > 0) text += " t" + std::to_string(evidence.tries);
    if (evidence.source) text += " S" + text_of(*evidence.source);
    if (evidence.destination) text += " D" + text_of(*evidence.destination);
    if (evidence.answer_from) text += " A" + text_of(*evidence.answer_from);
    if (evidence.twice) text += " W" + member_word(*evidence.twice);
    if (const auto& fault = evidence.fault)
        text += " F" + member_word(fault->member) + "," + std::string{to_string(fault->verdict)} +
                "," + std::to_string(fault->errno_value);
    if (const auto& seen = evidence.sighting)
        text += " G" + member_word(seen->at) + "," + text_of(seen->source) + "," +
                text_of(seen->destination);
    if (const auto& refusal = evidence.refusal)
        text += " R" + std::to_string(static_cast<unsigned>(refusal->kind)) + "," +
                std::to_string(refusal->errno_value) +
                (refusal->reporter ? "," + to_string(*refusal->reporter) : "");
    if (const auto& hops = evidence.hops)
        text += " H" + member_word(hops->at) + "," + std::to_string(hops->ttl) + "," +
                std::to_string(hops->expected);
    return text;
}

Result<CheckNote> note_from_words(std::string_view words, std::size_t members) {
    constexpr std::size_t kHeadWords = 4;
    const auto parts = split_words(words, ' ');
    if (parts.size() < kHeadWords) return wrong(words);
    FLATLAN_TRY(lane, lane_from_words(parts[0], parts[1]));
    const auto from = member_from_word(parts[2], members);
    const auto to = member_from_word(parts[3], members);
    if (!from || !to) return wrong(words);
    CheckNote note{{*from, *to}, lane, {}};
    for (std::size_t i = kHeadWords; i < parts.size(); ++i)
        if (parts[i].empty() || !read_word(parts[i], members, note.evidence)) return wrong(words);
    return note;
}

std::string to_words(const Lane& lane) {
    return std::string{family_word(lane.family)} + " " + std::string{to_string(lane.protocol)};
}

Result<Lane> lane_from_words(std::string_view family, std::string_view protocol) {
    const auto of_family = family_from_word(family);
    if (!of_family) return control::corrupt("probe", "'" + std::string{family} + "' is no family");
    auto of_protocol = protocol_from_text(protocol);
    if (!of_protocol) return std::move(of_protocol).error().as(ErrorCode::corrupt);
    return Lane{*of_family, of_protocol.value()};
}

Result<Verdict> verdict_from_word(std::string_view word) {
    for (unsigned i = 0; i <= static_cast<unsigned>(Verdict::unknown); ++i)
        if (to_string(static_cast<Verdict>(i)) == word) return static_cast<Verdict>(i);
    return control::corrupt("probe", "'" + std::string{word} + "' is no verdict");
}

}  // namespace flatlan::probe
