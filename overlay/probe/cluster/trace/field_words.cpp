#include "overlay/probe/cluster/trace/field_words.hpp"

#include <algorithm>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::trace {

PlaceNames::PlaceNames(const Atlas& atlas) {
    for (std::uint32_t i = 0; i < atlas.places.size(); ++i)
        places_.emplace(atlas.places[i].name, PlaceId{i});
}

std::optional<PlaceId> PlaceNames::find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? std::nullopt : std::optional{found->second};
}

FieldWords::FieldWords(std::string_view text, char separator)
    : words_{probe::split_words(text, separator)} {}

std::string_view FieldWords::word() {
    if (next_ < words_.size()) return words_[next_++];
    failed_ = true;
    return {};
}

std::uint64_t FieldWords::number(std::uint64_t max) {
    const auto value = control::number(word());
    if (value && *value <= max) return *value;
    failed_ = true;
    return 0;
}

bool FieldWords::one_of(std::string_view no, std::string_view yes) {
    const std::string_view found = word();
    failed_ |= found != no && found != yes;
    return found == yes;
}

IfIndex FieldWords::index() {
    const std::uint64_t value = number(std::numeric_limits<int>::max());
    failed_ |= value == 0;
    return IfIndex{static_cast<int>(std::max<std::uint64_t>(value, 1))};
}

IpAddress FieldWords::address() {
    if (const auto address = IpAddress::from_text(word())) return address.value();
    failed_ = true;
    return Ipv4Address{};
}

MacAddress FieldWords::mac() {
    if (const auto address = MacAddress::from_text(word())) return address.value();
    failed_ = true;
    return MacAddress{};
}

Port FieldWords::port() {
    return Port{static_cast<std::uint16_t>(number(std::numeric_limits<std::uint16_t>::max()))};
}

Endpoint FieldWords::endpoint() {
    const IpAddress where = address();
    return {where, port()};
}

PlaceId FieldWords::place(const PlaceNames& places) {
    const auto found = places.find(word());
    failed_ |= !found;
    return found.value_or(PlaceId{0});
}

}  // namespace flatlan::trace
