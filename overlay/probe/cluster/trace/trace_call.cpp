#include "overlay/probe/cluster/trace/trace_call.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/trace/field_words.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::trace {
namespace {

using control::RecordReader;
using control::RecordWriter;

constexpr std::string_view kWish = "trace-wish";
constexpr std::string_view kCall = "trace-call";
constexpr std::string_view kReady = "trace-ready";

constexpr std::array kCarriers{std::pair{Carrier::vxlan, std::string_view{"vxlan"}},
                               std::pair{Carrier::opaque, std::string_view{"opaque"}},
                               std::pair{Carrier::plain, std::string_view{"plain"}}};

std::string end_text(const TraceEnd& end) {
    return FieldText{}.add(end.name).add(end.node.text()).add(end.address).add(end.endpoint).text();
}

Result<TraceEnd> end_of(const RecordReader& reader, std::string_view field) {
    FLATLAN_TRY(text, reader.one(field));
    FieldWords words{text};
    const std::string_view name = words.word();
    const auto node = NodeName::from(words.word());
    const IpAddress address = words.address();
    const IpAddress endpoint = words.address();
    if (!words.whole() || name.empty() || !node)
        return reader.wrong(field, "is '" + std::string{text} + "'");
    return TraceEnd{std::string{name}, node.value(), address, endpoint};
}

Result<std::optional<Port>> service_of(const RecordReader& reader) {
    std::optional<Port> port;
    if (reader.all("service").empty()) return port;
    FLATLAN_TRY(number, reader.number_of("service"));
    const auto read = Port::from(number);
    if (!read) return reader.wrong("service", read.error().text());
    port = read.value();
    return port;
}

void add_service(RecordWriter& writer, const std::optional<Port>& service) {
    if (service) writer.field("service", std::to_string(service->value()));
}

Place place_of(const TraceEnd& end, PlaceKind kind) {
    Place place{.name = end.name, .kind = kind, .present = false};
    place.addresses.set(end.address);
    return place;
}

}  // namespace

std::string to_record(const TraceWish& wish) {
    RecordWriter writer{kWish};
    writer.field("from", wish.from).field("to", wish.to);
    if (wish.family) writer.field("family", probe::family_word(*wish.family));
    writer.field("protocol", to_string(wish.protocol));
    add_service(writer, wish.service);
    if (wish.keep_frames) writer.field("frames", "kept");
    return writer.text();
}

Result<TraceWish> wish_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kWish, text));
    FLATLAN_TRY(from, reader.one("from"));
    FLATLAN_TRY(to, reader.one("to"));
    TraceWish wish{.from = std::string{from}, .to = std::string{to}};
    if (!reader.all("family").empty()) {
        FLATLAN_TRY(word, reader.one("family"));
        wish.family = probe::family_from_word(word);
        if (!wish.family) return reader.wrong("family", "is '" + std::string{word} + "'");
    }
    FLATLAN_TRY(protocol, reader.parsed("protocol", probe::protocol_from_text));
    wish.protocol = protocol;
    FLATLAN_TRY(service, service_of(reader));
    wish.service = service;
    wish.keep_frames = !reader.all("frames").empty();
    return wish;
}

std::string to_record(const TraceCall& call) {
    RecordWriter writer{kCall};
    writer.field("from", end_text(call.from)).field("to", end_text(call.to));
    writer.field("protocol", to_string(call.protocol));
    writer.field("tag", std::to_string(call.tag));
    writer.field("tunnel-port", std::to_string(call.tunnel_port.value()));
    add_service(writer, call.service);
    return writer.text();
}

Result<TraceCall> call_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kCall, text));
    FLATLAN_TRY(from, end_of(reader, "from"));
    FLATLAN_TRY(to, end_of(reader, "to"));
    if (from.address.family() != to.address.family())
        return control::corrupt(kCall, "its ends have addresses of two families");
    FLATLAN_TRY(protocol, reader.parsed("protocol", probe::protocol_from_text));
    FLATLAN_TRY(tag, reader.number_of("tag"));
    FLATLAN_TRY(tunnel_port, reader.number_of("tunnel-port"));
    const auto port = Port::from(tunnel_port);
    if (!port) return reader.wrong("tunnel-port", port.error().text());
    FLATLAN_TRY(service, service_of(reader));
    return TraceCall{.from = from,
                     .to = to,
                     .protocol = protocol,
                     .tag = tag,
                     .tunnel_port = port.value(),
                     .service = service};
}

std::string to_record(const TraceReady& ready) {
    const auto carrier =
        std::ranges::find(kCarriers, ready.carrier, &decltype(kCarriers)::value_type::first);
    RecordWriter writer{kReady};
    writer.field("carrier", carrier->second);
    for (const auto& [name, number] : ready.namespaces)
        writer.field("namespace", FieldText{}.add(name).add(number).text());
    return writer.text();
}

Result<TraceReady> ready_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kReady, text));
    FLATLAN_TRY(word, reader.one("carrier"));
    const auto carrier =
        std::ranges::find(kCarriers, word, &decltype(kCarriers)::value_type::second);
    if (carrier == kCarriers.end())
        return reader.wrong("carrier", "is '" + std::string{word} + "'");
    TraceReady ready{.carrier = carrier->first};
    for (const std::string_view field : reader.all("namespace")) {
        FieldWords words{field};
        const std::string_view name = words.word();
        const std::uint64_t number = words.number(std::numeric_limits<std::uint64_t>::max());
        if (!words.whole()) return reader.wrong("namespace", "is '" + std::string{field} + "'");
        ready.namespaces.emplace(name, number);
    }
    return ready;
}

Atlas own_atlas(const TraceCall& call, const NodeName& node,
                std::span<const probe::Member> members) {
    Atlas atlas;
    atlas.tunnel_port = call.tunnel_port;
    const PlaceId self{0};
    for (const probe::Member& member : members) {
        const bool is_node = member.kind == probe::MemberKind::node;
        atlas.places.push_back({.name = member.name,
                                .kind = is_node ? PlaceKind::node : PlaceKind::pod,
                                .addresses = member.addresses});
        if (!is_node) atlas.places.back().node = self;
    }
    for (const TraceEnd* const end : {&call.from, &call.to}) {
        const std::string name = "node/" + end->node.text();
        if (end->node == node) {
            if (!members.empty()) atlas.places.front().endpoint = end->endpoint;
            continue;
        }
        const PlaceId far{static_cast<std::uint32_t>(atlas.places.size())};
        Place other = place_of(*end, PlaceKind::node);
        other.name = name;
        other.endpoint = end->endpoint;
        atlas.places.push_back(std::move(other));
        if (end->name == name) continue;
        atlas.places.push_back(place_of(*end, PlaceKind::pod));
        atlas.places.back().node = far;
    }
    return atlas;
}

Result<CallEnds> ends_of(const TraceCall& call, const Atlas& atlas) {
    const auto place = [&](const TraceEnd& end) -> Result<PlaceId> {
        const std::string node = "node/" + end.node.text();
        for (std::uint32_t i = 0; i < atlas.places.size(); ++i) {
            const PlaceId id{i};
            if (atlas.at(id).name == end.name && atlas.at(atlas.node_of(id)).name == node &&
                atlas.at(id).addresses.find(end.address.family()) == end.address)
                return id;
        }
        return control::corrupt(
            kCall, end.name + " with " + to_string(end.address) + " is not on " + node);
    };
    FLATLAN_TRY(from, place(call.from));
    FLATLAN_TRY(to, place(call.to));
    return CallEnds{from, to};
}

}  // namespace flatlan::trace
