#include "overlay/control/member_records.hpp"

#include <array>

#include "overlay/control/record_text.hpp"

namespace flatlan::control {
namespace {

constexpr std::array<std::pair<RollState, std::string_view>, 3> kRollWords{{
    {RollState::awaited, "awaited"},
    {RollState::published, "published"},
    {RollState::removed, "removed"},
}};

}  // namespace

std::string to_record(const EpochRecord& epoch) {
    return RecordWriter{"epoch"}
        .field("number", std::to_string(epoch.number))
        .field("registry", std::to_string(epoch.registry))
        .field("claims", epoch.whole ? "whole" : "gathering")
        .text();
}

Result<EpochRecord> epoch_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("epoch", text));
    FLATLAN_TRY(number, reader.number_of("number"));
    FLATLAN_TRY(registry, reader.number_of("registry"));
    FLATLAN_TRY(claims, reader.one("claims"));
    if (claims != "whole" && claims != "gathering")
        return reader.wrong("claims", "is neither 'whole' nor 'gathering'");
    return EpochRecord{number, registry, claims == "whole"};
}

std::string to_record(const RollRecord& entry) {
    RecordWriter writer{"roll"};
    writer.field("epoch", std::to_string(entry.epoch));
    for (const auto& [state, word] : kRollWords)
        if (state == entry.state) writer.field("state", word);
    return writer.text();
}

Result<RollRecord> roll_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("roll", text));
    FLATLAN_TRY(epoch, reader.number_of("epoch"));
    FLATLAN_TRY(text_of_state, reader.one("state"));
    for (const auto& [state, word] : kRollWords)
        if (word == text_of_state) return RollRecord{epoch, state};
    return reader.wrong("state", "is neither 'awaited' nor 'published' nor 'removed'");
}

std::string to_record(const WantsRecord& wants) {
    RecordWriter writer{"wants"};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (wants.has(family)) writer.field("family", to_string(family));
    return writer.text();
}

Result<WantsRecord> wants_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("wants", text));
    WantsRecord wants;
    for (const std::string_view word : reader.all("family"))
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (word == to_string(family)) wants.set(family);
    if (wants.empty()) return reader.wrong("family", "names none that is known");
    return wants;
}

std::string alive_record(ipam::Incarnation incarnation) {
    return RecordWriter{"alive"}.field("incarnation", std::to_string(incarnation.value)).text();
}

Result<ipam::Incarnation> alive_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from("alive", text));
    FLATLAN_TRY(incarnation, reader.number_of("incarnation"));
    return ipam::Incarnation{incarnation};
}

}  // namespace flatlan::control
