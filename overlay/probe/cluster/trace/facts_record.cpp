#include "overlay/probe/cluster/trace/facts_record.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/trace/field_words.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::trace {
namespace {

using control::RecordReader;
using control::RecordWriter;

constexpr std::string_view kFacts = "trace-facts";
constexpr std::string_view kRoute = "trace-route";
constexpr std::string_view kSetting = "trace-setting";
constexpr std::string_view kError = "trace-error";

/// What an interface is, a letter each.
struct Flag {
    char letter;
    bool LinkFacts::*of;
};
constexpr std::array kFlags{Flag{'u', &LinkFacts::up}, Flag{'r', &LinkFacts::running},
                            Flag{'l', &LinkFacts::loopback}, Flag{'p', &LinkFacts::has_other_end},
                            Flag{'b', &LinkFacts::bridge}};

constexpr std::array kOutcomes{std::pair{RouteOutcome::forward, std::string_view{"forward"}},
                               std::pair{RouteOutcome::local, std::string_view{"local"}},
                               std::pair{RouteOutcome::none, std::string_view{"none"}},
                               std::pair{RouteOutcome::prohibited, std::string_view{"prohibited"}},
                               std::pair{RouteOutcome::discarded, std::string_view{"discarded"}}};

/// Those of an error with which its layers above go on.
constexpr std::array kCodes{ErrorCode::invalid_argument,
                            ErrorCode::not_found,
                            ErrorCode::exhausted,
                            ErrorCode::unavailable,
                            ErrorCode::forbidden,
                            ErrorCode::unsupported,
                            ErrorCode::system};

std::string flags_of(const LinkFacts& link) {
    std::string flags{"-"};
    for (const Flag& flag : kFlags)
        if (link.*flag.of) flags += flag.letter;
    return flags;
}

void set_flags(LinkFacts& link, std::string_view flags) {
    for (const Flag& flag : kFlags)
        link.*flag.of = flags.find(flag.letter) != flags.npos;
}

std::string text_of(const LinkFacts& link, const Atlas& atlas) {
    FieldText text;
    text.add(link.index).add(link.name).add(std::uint64_t{link.mtu}).add(flags_of(link));
    text.add(link.mac).add(link.master);
    if (link.other_end) text.add(atlas.at(link.other_end->place).name).add(link.other_end->index);
    return text.text();
}

LinkFacts read_link(FieldWords& words, const PlaceNames& places) {
    LinkFacts link{.index = words.index(), .name = std::string{words.word()}};
    if (!InterfaceName::from(link.name)) words.spoil();
    link.mtu = words.number32();
    set_flags(link, words.word());
    link.mac = words.maybe([&] { return words.mac(); });
    link.master = words.maybe([&] { return words.index(); });
    if (words.at_end()) return link;
    const PlaceId place = words.place(places);
    link.other_end = LinkAt{place, words.index()};
    return link;
}

std::string text_of(const RouteFacts& route) {
    FieldText text;
    text.add(to_string(route.destination)).add(route.device).add(route.via);
    text.add(std::uint64_t{route.metric});
    text.add(route.last_resort ? "last" : route.refuses ? "refuses" : "carries");
    return text.text();
}

RouteFacts read_route(FieldWords& words) {
    const auto destination = IpPrefix::from_text(words.word());
    if (!destination) words.spoil();
    RouteFacts route{.destination = destination ? destination.value()
                                                : IpPrefix::host(IpAddress{Ipv4Address{}})};
    route.device = words.maybe([&] { return words.index(); });
    route.via = words.maybe([&] { return words.address(); });
    route.metric = words.number32();
    const std::string_view kind = words.word();
    if (kind != "last" && kind != "refuses" && kind != "carries") words.spoil();
    route.last_resort = kind == "last";
    route.refuses = kind != "carries";
    return route;
}

VxlanFacts read_vxlan(FieldWords& words) {
    VxlanFacts vxlan{.vni = Vni{static_cast<std::uint32_t>(words.number(Vni::kMax))}};
    vxlan.port = words.port();
    vxlan.local = words.address();
    return vxlan;
}

RuleFacts read_rule(FieldWords& words) {
    const auto family = probe::family_from_word(words.word());
    if (!family) words.spoil();
    RuleFacts rule{.family = family.value_or(IpFamily::ipv4), .priority = 0, .table = 0};
    rule.priority = words.number32();
    rule.table = words.number32();
    return rule;
}

NeighbourFacts read_neighbour(FieldWords& words) {
    const IfIndex device = words.index();
    const IpAddress address = words.address();
    const MacAddress mac = words.mac();
    return {address, device, mac, words.one_of("unusable", "usable")};
}

FdbFacts read_fdb(FieldWords& words) {
    const IfIndex device = words.index();
    const MacAddress mac = words.mac();
    return {device, mac, words.address()};
}

AddressFacts read_address(FieldWords& words) {
    const IfIndex device = words.index();
    const IpAddress address = words.address();
    return {address, device, static_cast<unsigned>(words.number(address_bits(address.family())))};
}

}  // namespace

Result<std::string> to_record(const PlaceFacts& facts, const Atlas& atlas) {
    RecordWriter writer{kFacts};
    for (const LinkFacts& link : facts.links)
        writer.field("link", text_of(link, atlas));
    for (const LinkFacts& link : facts.links)
        if (link.vxlan)
            writer.field("vxlan", FieldText{}
                                      .add(link.index)
                                      .add(std::uint64_t{link.vxlan->vni.value()})
                                      .add(std::uint64_t{link.vxlan->port.value()})
                                      .add(link.vxlan->local)
                                      .text());
    for (const NeighbourFacts& entry : facts.neighbours)
        writer.field("neighbour", FieldText{}
                                      .add(entry.device)
                                      .add(entry.address)
                                      .add(entry.mac)
                                      .add(entry.usable ? "usable" : "unusable")
                                      .text());
    for (const FdbFacts& entry : facts.fdb)
        writer.field("fdb", FieldText{}.add(entry.device).add(entry.mac).add(entry.remote).text());
    for (const AddressFacts& held : facts.addresses)
        writer.field("address", FieldText{}
                                    .add(held.device)
                                    .add(held.address)
                                    .add(std::uint64_t{held.length_bits})
                                    .text());
    for (const RouteFacts& route : facts.routes)
        writer.field("route", text_of(route));
    for (const RuleFacts& rule : facts.rules)
        writer.field("rule", FieldText{}
                                 .add(probe::family_word(rule.family))
                                 .add(std::uint64_t{rule.priority})
                                 .add(std::uint64_t{rule.table})
                                 .text());
    if (writer.text().size() <= kAnswerMaxBytes) return writer.text();
    return Error{ErrorCode::exhausted, "its interfaces, routes and neighbours are " +
                                           std::to_string(writer.text().size()) +
                                           " octets of a record, and it has " +
                                           std::to_string(kAnswerMaxBytes) + " at most"};
}

Result<PlaceFacts> facts_from_record(std::string_view text, const Atlas& atlas) {
    if (text.size() > kAnswerMaxBytes)
        return control::corrupt(kFacts, "it has " + std::to_string(text.size()) + " octets");
    FLATLAN_TRY(reader, RecordReader::from(kFacts, text));
    PlaceFacts facts;
    const PlaceNames places{atlas};
    std::map<IfIndex, std::size_t> numbers;  // of links
    FLATLAN_TRY_VOID(for_each_field(reader, "link", ' ', [&](FieldWords& words) {
        facts.links.push_back(read_link(words, places));
        const LinkFacts& link = facts.links.back();
        if (!numbers.emplace(link.index, facts.links.size() - 1).second) words.spoil();
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "vxlan", ' ', [&](FieldWords& words) {
        const auto link = numbers.find(words.index());
        const VxlanFacts vxlan = read_vxlan(words);
        if (link == numbers.end()) return words.spoil();
        facts.links[link->second].vxlan = vxlan;
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "neighbour", ' ', [&](FieldWords& words) {
        facts.neighbours.push_back(read_neighbour(words));
    }));
    FLATLAN_TRY_VOID(for_each_field(
        reader, "fdb", ' ', [&](FieldWords& words) { facts.fdb.push_back(read_fdb(words)); }));
    FLATLAN_TRY_VOID(for_each_field(reader, "address", ' ', [&](FieldWords& words) {
        facts.addresses.push_back(read_address(words));
    }));
    FLATLAN_TRY_VOID(for_each_field(reader, "route", ' ', [&](FieldWords& words) {
        facts.routes.push_back(read_route(words));
    }));
    FLATLAN_TRY_VOID(for_each_field(
        reader, "rule", ' ', [&](FieldWords& words) { facts.rules.push_back(read_rule(words)); }));
    return facts;
}

std::string to_record(const RouteAnswer& answer) {
    const auto outcome =
        std::ranges::find(kOutcomes, answer.outcome, &decltype(kOutcomes)::value_type::first);
    return RecordWriter{kRoute}
        .field("answer", FieldText{}
                             .add(outcome->second)
                             .add(answer.device)
                             .add(answer.via)
                             .add(std::uint64_t{answer.mtu})
                             .add(std::uint64_t{answer.table})
                             .text())
        .text();
}

Result<RouteAnswer> route_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kRoute, text));
    FLATLAN_TRY(field, reader.one("answer"));
    FieldWords words{field};
    const auto outcome =
        std::ranges::find(kOutcomes, words.word(), &decltype(kOutcomes)::value_type::second);
    RouteAnswer answer;
    answer.device = words.maybe([&] { return words.index(); });
    answer.via = words.maybe([&] { return words.address(); });
    answer.mtu = words.number32();
    answer.table = words.number32();
    if (!words.whole() || outcome == kOutcomes.end())
        return reader.wrong("answer", "is '" + std::string{field} + "'");
    answer.outcome = outcome->first;
    return answer;
}

std::string setting_record(const std::optional<int>& value) {
    // Settings are small; a sign goes before the number.
    const std::string text = value ? std::to_string(*value) : "-";
    return RecordWriter{kSetting}.field("value", text).text();
}

Result<std::optional<int>> setting_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kSetting, text));
    FLATLAN_TRY(field, reader.one("value"));
    std::optional<int> value;
    if (field == "-") return value;
    const bool negative = field.starts_with('-');
    FieldWords words{field.substr(negative ? 1 : 0)};
    const auto number = static_cast<int>(words.number(std::numeric_limits<int>::max()));
    if (!words.whole()) return reader.wrong("value", "is '" + std::string{field} + "'");
    value = negative ? -number : number;
    return value;
}

std::string to_record(const Error& error) {
    const auto code = std::ranges::find(kCodes, error.code());
    std::string text = error.to_string();
    std::ranges::replace(text, '\n', ' ');
    return RecordWriter{kError}
        .field("code", to_string(code == kCodes.end() ? ErrorCode::system : *code))
        .field("text", text)
        .text();
}

namespace {

/// What another machine takes for wrong input is nothing that the person here could change.
ErrorCode as_met_there(ErrorCode code) {
    return code == ErrorCode::invalid_argument ? ErrorCode::system : code;
}

}  // namespace

Result<void> check_answer(std::string_view text) {
    const auto reader = RecordReader::from(kError, text);
    if (!reader) return success();  // another kind of record: its own reader judges it
    FLATLAN_TRY(word, reader.value().one("code"));
    FLATLAN_TRY(what, reader.value().one("text"));
    for (const ErrorCode code : kCodes)
        if (to_string(code) == word) return Error{as_met_there(code), std::string{what}};
    return reader.value().wrong("code", "is '" + std::string{word} + "'");
}

}  // namespace flatlan::trace
