#include "overlay/probe/cluster/trace/observation_record.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/field_words.hpp"
#include "overlay/probe/cluster/words.hpp"
#include "overlay/probe/trace/rule_mend.hpp"

namespace flatlan::trace {
namespace {

using control::RecordReader;
using control::RecordWriter;

constexpr std::string_view kSeen = "trace-seen";
/// Between words that may have spaces in them.
constexpr char kTab = '\t';
constexpr std::uint64_t kOctetMax = 0xff;
constexpr std::uint64_t kWordMax = 0xffff;

constexpr std::array kKinds{std::pair{PacketKind::request, std::string_view{"request"}},
                            std::pair{PacketKind::answer, std::string_view{"answer"}},
                            std::pair{PacketKind::error, std::string_view{"error"}}};
constexpr std::array kEffects{std::pair{RuleEffect::goes_on, std::string_view{"goes-on"}},
                              std::pair{RuleEffect::accepts, std::string_view{"accepts"}},
                              std::pair{RuleEffect::drops, std::string_view{"drops"}}};

template <typename Words, typename Value>
std::string_view word_of(const Words& words, Value value) {
    return std::ranges::find(words, value, &Words::value_type::first)->second;
}

template <typename Words>
auto value_of(const Words& words, FieldWords& field) {
    const auto found = std::ranges::find(words, field.word(), &Words::value_type::second);
    if (found != words.end()) return found->first;
    field.spoil();
    return words.front().first;
}

/// One line of it that ends somewhere.
std::string cut(std::string text) {
    std::ranges::replace_if(
        text, [](char letter) { return letter == kTab || letter == '\n'; }, ' ');
    if (text.size() > kRuleMaxBytes) text.replace(kRuleMaxBytes, text.npos, "...");
    return text;
}

std::string text_of(const Trial& trial) {
    return FieldText{}
        .add(std::uint64_t{trial.sent})
        .add(std::uint64_t{trial.arrived})
        .add(std::uint64_t{trial.answered})
        .add(std::uint64_t{trial.size_bytes})
        .text();
}

Result<Trial> read_trial(const RecordReader& reader, std::string_view field) {
    FLATLAN_TRY(text, reader.one(field));
    FieldWords words{text};
    Trial trial;
    trial.sent = words.number(kOctetMax);
    trial.arrived = words.number(kOctetMax);
    trial.answered = words.number(kOctetMax);
    trial.size_bytes = static_cast<std::uint32_t>(words.number(kWordMax));
    if (!words.whole()) return reader.wrong(field, "is '" + std::string{text} + "'");
    return trial;
}

std::string text_of(const Sighting& sighting, const Atlas& atlas) {
    const SeenPacket& packet = sighting.packet;
    FieldText text;
    text.add(atlas.at(sighting.place).name).add(sighting.device);
    text.add(sighting.outgoing ? "out" : "in").add(sighting.astray ? "astray" : "own");
    text.add(word_of(kKinds, packet.kind)).add(packet.outer ? "outer" : "inner");
    text.add(packet.source).add(packet.destination);
    text.add(std::uint64_t{packet.ttl}).add(std::uint64_t{packet.size_bytes});
    text.add(std::uint64_t{packet.number}).add(std::uint64_t{packet.checksum});
    text.add(packet.outer_source).add(packet.outer_destination);
    text.add(std::uint64_t{packet.error_type}).add(std::uint64_t{packet.error_code});
    text.add(std::uint64_t{packet.tcp_sequence}).add(packet.tcp_reset ? "reset" : "-");
    return text.text();
}

Sighting read_sighting(FieldWords& words, const PlaceNames& places) {
    const PlaceId place = words.place(places);
    const std::string device{words.word()};
    const bool outgoing = words.one_of("in", "out");
    const bool astray = words.one_of("own", "astray");
    const PacketKind kind = value_of(kKinds, words);
    const bool outer = words.one_of("inner", "outer");
    const Endpoint source = words.endpoint();
    SeenPacket packet{
        .kind = kind, .outer = outer, .source = source, .destination = words.endpoint()};
    packet.ttl = static_cast<std::uint8_t>(words.number(kOctetMax));
    packet.size_bytes = words.number32();
    packet.number = static_cast<std::uint8_t>(words.number(kOctetMax));
    packet.checksum = static_cast<std::uint16_t>(words.number(kWordMax));
    packet.outer_source = words.maybe([&] { return words.endpoint(); });
    packet.outer_destination = words.maybe([&] { return words.endpoint(); });
    packet.error_type = static_cast<std::uint8_t>(words.number(kOctetMax));
    packet.error_code = static_cast<std::uint8_t>(words.number(kOctetMax));
    packet.tcp_sequence = words.number32();
    packet.tcp_reset = words.one_of("-", "reset");
    return {place, device, outgoing, packet, astray};
}

std::string text_of(const RuleMet& met, const Atlas& atlas) {
    FieldText text{kTab};
    text.add(atlas.at(met.place).name).add(word_of(kEffects, met.effect));
    text.add(word_of(kKinds, met.kind)).add(met.outer ? "outer" : "inner");
    text.add(cut(met.chain)).add(cut(met.rule)).add(cut(met.mend));
    return text.text();
}

RuleMet read_rule(FieldWords& words, const PlaceNames& places) {
    RuleMet met{.place = words.place(places), .chain = {}, .rule = {}, .mend = {}};
    met.effect = value_of(kEffects, words);
    met.kind = value_of(kKinds, words);
    met.outer = words.one_of("inner", "outer");
    met.chain = words.word();
    met.rule = words.word();
    // Whoever writes the record may be no friend, and a person pastes it.
    if (const std::string_view mend = words.word(); is_mend_of(met.chain, mend)) met.mend = mend;
    return met;
}

CounterGrowth read_counter(FieldWords& words, const PlaceNames& places) {
    CounterGrowth growth{.place = words.place(places), .name = {}};
    growth.by = words.number(std::numeric_limits<std::uint64_t>::max());
    growth.name = words.word();
    return growth;
}

Stall read_stall(FieldWords& words, const PlaceNames& places) {
    Stall stall{.place = words.place(places)};
    if (const auto longest = probe::span_from_word(words.word()))
        stall.longest = *longest;
    else
        words.spoil();
    return stall;
}

Unwatched read_unwatched(FieldWords& words, const PlaceNames& places) {
    Unwatched part{.place = words.place(places), .why = {}};
    part.why = words.word();
    return part;
}

Trial join(const Trial& near, const Trial& far) {
    return {.sent = std::max(near.sent, far.sent),
            .arrived = std::max(near.arrived, far.arrived),
            .answered = std::max(near.answered, far.answered),
            .size_bytes = std::max(near.size_bytes, far.size_bytes)};
}

}  // namespace

std::string to_record(const Observation& seen, const Atlas& atlas) {
    RecordWriter writer{kSeen};
    writer.field("small", text_of(seen.small)).field("large", text_of(seen.large));
    const std::size_t told = std::min(seen.sightings.size(), kSeenMax);
    FieldText facts;
    facts.add(seen.told_too_big ? "too-big" : "-").add(seen.refused ? "refused" : "-");
    facts.add(seen.own_listener ? "-" : "service");
    facts.add(std::uint64_t{seen.captures_lost} + (seen.sightings.size() - told));
    writer.field("told", facts.text());
    for (const Unwatched& part : seen.unwatched)
        writer.field("unwatched",
                     FieldText{kTab}.add(atlas.at(part.place).name).add(cut(part.why)).text());
    for (const Stall& stall : seen.stalls)
        writer.field("stall", FieldText{}
                                  .add(atlas.at(stall.place).name)
                                  .add(probe::span_word(stall.longest))
                                  .text());
    for (std::size_t i = 0; i < told; ++i)
        writer.field("sighting", text_of(seen.sightings[i], atlas));
    for (std::size_t i = 0; i < std::min(seen.rules.size(), kSeenMax); ++i)
        writer.field("rule", text_of(seen.rules[i], atlas));
    for (std::size_t i = 0; i < std::min(seen.counters.size(), kSeenMax); ++i)
        writer.field("counter", FieldText{kTab}
                                    .add(atlas.at(seen.counters[i].place).name)
                                    .add(seen.counters[i].by)
                                    .add(cut(seen.counters[i].name))
                                    .text());
    return writer.text();
}

Result<Observation> observation_from_record(std::string_view text, const Atlas& atlas) {
    if (text.size() > kAnswerMaxBytes)
        return control::corrupt(kSeen, "it has " + std::to_string(text.size()) + " octets");
    FLATLAN_TRY(reader, RecordReader::from(kSeen, text));
    Observation seen;
    FLATLAN_TRY(small, read_trial(reader, "small"));
    seen.small = small;
    FLATLAN_TRY(large, read_trial(reader, "large"));
    seen.large = large;
    FLATLAN_TRY(told, reader.one("told"));
    FieldWords words{told};
    seen.told_too_big = words.one_of("-", "too-big");
    seen.refused = words.one_of("-", "refused");
    seen.own_listener = !words.one_of("-", "service");
    seen.captures_lost = words.number32();
    if (!words.whole()) return reader.wrong("told", "is '" + std::string{told} + "'");
    for (const std::string_view word : {"unwatched", "stall", "sighting", "rule", "counter"})
        if (const std::size_t count = reader.all(word).size(); count > kSeenMax)
            return reader.wrong(word, "is there " + std::to_string(count) + " times");
    const PlaceNames places{atlas};
    FLATLAN_TRY_VOID(for_each_field(reader, "unwatched", kTab, [&](FieldWords& field) {
        seen.unwatched.push_back(read_unwatched(field, places));
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "stall", ' ', [&](FieldWords& field) {
        seen.stalls.push_back(read_stall(field, places));
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "sighting", ' ', [&](FieldWords& field) {
        seen.sightings.push_back(read_sighting(field, places));
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "rule", kTab, [&](FieldWords& field) {
        seen.rules.push_back(read_rule(field, places));
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "counter", kTab, [&](FieldWords& field) {
        seen.counters.push_back(read_counter(field, places));
    }));
    return seen;
}

Observation join_observations(const Observation& near, const Observation& far) {
    Observation both = near;
    const auto came_back = std::ranges::stable_partition(both.sightings, [](const Sighting& each) {
        return each.packet.kind == PacketKind::request;
    });
    both.sightings.insert(came_back.begin(), far.sightings.begin(), far.sightings.end());
    std::ranges::copy(far.rules, std::back_inserter(both.rules));
    std::ranges::copy(far.counters, std::back_inserter(both.counters));
    std::ranges::copy(far.unwatched, std::back_inserter(both.unwatched));
    std::ranges::copy(far.stalls, std::back_inserter(both.stalls));
    // That a service refused is told to the sender alone; its machine saw the packets come.
    if (near.own_listener || !near.refused) both.small = join(near.small, far.small);
    both.large = join(near.large, far.large);
    both.told_too_big |= far.told_too_big;
    both.refused |= far.refused;
    both.own_listener = near.own_listener && far.own_listener;
    both.captures_lost += far.captures_lost;
    return both;
}

}  // namespace flatlan::trace
