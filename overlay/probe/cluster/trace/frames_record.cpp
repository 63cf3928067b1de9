#include "overlay/probe/cluster/trace/frames_record.hpp"

#include "overlay/base/hex.hpp"
#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/field_words.hpp"

namespace flatlan::trace {
namespace {

constexpr std::string_view kFrames = "trace-frames";
constexpr std::string_view kFrame = "frame";
constexpr std::string_view kNoDevice = "-";

std::string text_of(const KeptFrame& kept, const Atlas& atlas) {
    const CapturedFrame& frame = kept.frame;
    FieldText text;
    text.add(atlas.at(kept.place).name).add(kept.device.empty() ? kNoDevice : kept.device);
    text.add(frame.device).add(frame.outgoing ? "out" : "in");
    text.add(frame.astray ? "astray" : "own");
    text.add(frame.layer == LinkLayer::ethernet ? "ethernet" : "none");
    text.add(static_cast<std::uint64_t>(frame.at.count())).add(hex_of(frame.octets));
    return text.text();
}

KeptFrame read_frame_of(FieldWords& words, const PlaceNames& places) {
    const PlaceId place = words.place(places);
    const std::string_view device = words.word();
    KeptFrame kept{.place = place,
                   .device = std::string{device == kNoDevice ? std::string_view{} : device},
                   .frame = {.device = words.index(), .octets = {}}};
    kept.frame.outgoing = words.one_of("in", "out");
    kept.frame.astray = words.one_of("own", "astray");
    const bool bare = words.one_of("ethernet", "none");
    kept.frame.layer = bare ? LinkLayer::none : LinkLayer::ethernet;
    constexpr auto kLatest = static_cast<std::uint64_t>(Duration::max().count());
    kept.frame.at = Duration{static_cast<Duration::rep>(words.number(kLatest))};
    if (auto octets = octets_from_hex(words.word()); octets && !octets->empty())
        kept.frame.octets = std::move(*octets);
    else
        words.spoil();
    return kept;
}

}  // namespace

Result<std::string> frames_record(std::span<const KeptFrame> frames, const Atlas& atlas) {
    control::RecordWriter writer{kFrames};
    writer.field("count", std::to_string(frames.size()));
    for (const KeptFrame& kept : frames)
        writer.field(kFrame, text_of(kept, atlas));
    if (writer.text().size() <= kAnswerMaxBytes) return writer.text();
    return Error{ErrorCode::exhausted,
                 "what it captured is " + std::to_string(writer.text().size()) +
                     " octets, and a machine tells " + std::to_string(kAnswerMaxBytes) + " at most"}
        .at("--pcap");
}

Result<std::vector<KeptFrame>> frames_from_record(std::string_view text, const Atlas& atlas) {
    if (text.size() > kAnswerMaxBytes)
        return control::corrupt(kFrames, "it has " + std::to_string(text.size()) + " octets");
    FLATLAN_TRY(reader, control::RecordReader::from(kFrames, text));
    FLATLAN_TRY(count, reader.number_of("count"));
    const PlaceNames places{atlas};
    std::vector<KeptFrame> frames;
    FLATLAN_TRY_VOID(for_each_field(reader, kFrame, ' ', [&](FieldWords& words) {
        frames.push_back(read_frame_of(words, places));
    }));
    if (frames.size() == count) return frames;
    return reader.wrong(kFrame, "is there " + std::to_string(frames.size()) + " times");
}

}  // namespace flatlan::trace
