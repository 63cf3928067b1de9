#include "overlay/probe/cluster/trace/question.hpp"

#include <algorithm>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/trace/field_words.hpp"
#include "overlay/probe/cluster/words.hpp"
#include "overlay/probe/trace/way.hpp"

namespace flatlan::trace {
namespace {

using control::RecordReader;
using control::RecordWriter;

constexpr std::string_view kQuestion = "trace-question";
constexpr std::string_view kEnd = "trace-end";
constexpr std::string_view kMany = "ask";
constexpr std::string_view kNetworkSettings = "net/";
constexpr std::uint32_t kSizeMaxBytes = 65535;

/// Writes a question as the one field of its word.
struct Writer {
    const Atlas& atlas;
    RecordWriter record{kQuestion};

    const std::string& name(PlaceId place) const { return atlas.at(place).name; }

    std::string text(const AskFacts& asked) const { return name(asked.place); }
    std::string text(const AskRoute& asked) const {
        return FieldText{}
            .add(name(asked.place))
            .add(asked.asked.destination)
            .add(asked.asked.source)
            .add(asked.asked.input)
            .text();
    }
    std::string text(const AskSetting& asked) const {
        return FieldText{}.add(name(asked.place)).add(asked.path).text();
    }
    static std::string_view word(const AskFacts&) { return "facts"; }
    static std::string_view word(const AskRoute&) { return "route"; }
    static std::string_view word(const AskSetting&) { return "setting"; }

    template <typename OfKernel>
    void operator()(const OfKernel& asked) {
        record.field(word(asked), text(asked));
    }
    void operator()(const AskMany& asked) {
        for (const KernelQuestion& question : asked.questions)
            std::visit(
                [&](const auto& each) {
                    record.field(kMany, std::string{word(each)} + " " + text(each));
                },
                question);
    }
    void operator()(const AskListen&) { record.field("listen", "now"); }
    void operator()(const AskWatch& asked) {
        FieldText text;
        text.add(std::uint64_t{asked.source.value()}).add(std::uint64_t{asked.destination.value()});
        for (const PlaceId place : asked.places)
            text.add(name(place));
        record.field("watch", text.text());
    }
    void operator()(const AskSend& asked) {
        record.field("send", FieldText{}
                                 .add(std::uint64_t{asked.size_bytes})
                                 .add(probe::span_word(asked.patience))
                                 .text());
    }
    void operator()(const AskSeen&) { record.field("seen", "all"); }
    void operator()(const AskFrames&) { record.field("frames", "all"); }
};

/// A path below /proc/sys/net that does not lead out of it.
bool is_network_setting(std::string_view path) {
    return path.starts_with(kNetworkSettings) && path.find("..") == path.npos &&
           path.find("//") == path.npos;
}

AskRoute read_route(FieldWords& words, const PlaceNames& places) {
    AskRoute asked{.place = words.place(places), .asked = {.destination = words.address()}};
    asked.asked.source = words.maybe([&] { return words.address(); });
    asked.asked.input = words.maybe([&] { return words.index(); });
    return asked;
}

AskSetting read_setting(FieldWords& words, const PlaceNames& places) {
    AskSetting asked{.place = words.place(places), .path = std::string{words.word()}};
    if (!is_network_setting(asked.path)) words.spoil();
    return asked;
}

AskWatch read_watch(FieldWords& words, const PlaceNames& places) {
    AskWatch asked{.source = words.port(), .destination = words.port(), .places = {}};
    while (!words.at_end())
        asked.places.push_back(words.place(places));
    // Each place costs sockets and a thread while it is watched.
    std::vector<PlaceId> watched = asked.places;
    std::ranges::sort(watched);
    if (watched.size() > kWatchedMax || std::ranges::adjacent_find(watched) != watched.end())
        words.spoil();
    return asked;
}

AskSend read_send(FieldWords& words) {
    AskSend asked{.size_bytes = static_cast<std::uint32_t>(words.number(kSizeMaxBytes)),
                  .patience = {}};
    if (asked.size_bytes != 0 && asked.size_bytes < kLargePacketMinBytes) words.spoil();
    const auto patience = probe::span_from_word(words.word());
    if (patience && *patience <= kPatienceMax)
        asked.patience = *patience;
    else
        words.spoil();
    return asked;
}

/// The question of a kernel of that word, if there is such a word.
std::optional<KernelQuestion> read_of_kernel(std::string_view kind, FieldWords& words,
                                             const PlaceNames& places) {
    if (kind == "facts") return AskFacts{words.place(places)};
    if (kind == "route") return read_route(words, places);
    if (kind == "setting") return read_setting(words, places);
    return std::nullopt;
}

Result<Question> read_many(const RecordReader& reader, const PlaceNames& places) {
    AskMany asked;
    FLATLAN_TRY_VOID(for_each_field(reader, kMany, ' ', [&](FieldWords& words) {
        const std::string_view kind = words.word();
        if (auto question = read_of_kernel(kind, words, places))
            asked.questions.push_back(std::move(*question));
        else
            words.spoil();
    }));
    if (asked.questions.size() <= kManyMax) return Question{std::move(asked)};
    return reader.wrong(kMany, "is there " + std::to_string(asked.questions.size()) + " times");
}

/// The question of the field, if there is such a field and it can be read.
std::optional<Question> read(std::string_view kind, FieldWords& words, const PlaceNames& places) {
    if (auto of_kernel = read_of_kernel(kind, words, places))
        return std::visit([](auto& asked) { return Question{std::move(asked)}; }, *of_kernel);
    if (kind == "watch") return read_watch(words, places);
    if (kind == "send") return read_send(words);
    if (kind == "listen" && words.word() == "now") return AskListen{};
    if (kind == "seen" && words.word() == "all") return AskSeen{};
    if (kind == "frames" && words.word() == "all") return AskFrames{};
    return std::nullopt;
}

}  // namespace

std::string to_record(const Question& question, const Atlas& atlas) {
    Writer writer{atlas};
    std::visit(writer, question);
    return writer.record.text();
}

Result<Question> question_from_record(std::string_view text, const Atlas& atlas) {
    FLATLAN_TRY(reader, RecordReader::from(kQuestion, text));
    const PlaceNames places{atlas};
    if (!reader.all(kMany).empty()) return read_many(reader, places);
    for (const std::string_view kind :
         {"facts", "route", "setting", "listen", "watch", "send", "seen", "frames"}) {
        if (reader.all(kind).empty()) continue;
        FLATLAN_TRY(field, reader.one(kind));
        FieldWords words{field};
        auto question = read(kind, words, places);
        if (!question || !words.whole())
            return reader.wrong(kind, "is '" + std::string{field} + "'");
        return std::move(*question);
    }
    return control::corrupt(kQuestion, "it asks nothing that is known here");
}

std::string to_record(const EndRecord& end) {
    return RecordWriter{kEnd}
        .field("end", FieldText{}
                          .add(end.absent ? "absent" : "there")
                          .add(std::uint64_t{end.port.value()})
                          .text())
        .text();
}

Result<EndRecord> end_from_record(std::string_view text) {
    FLATLAN_TRY(reader, RecordReader::from(kEnd, text));
    FLATLAN_TRY(field, reader.one("end"));
    FieldWords words{field};
    EndRecord end;
    end.absent = words.one_of("there", "absent");
    end.port = words.port();
    if (!words.whole()) return reader.wrong("end", "is '" + std::string{field} + "'");
    return end;
}

Result<std::string> ask_one(const AskNodes& ask, const NodeName& node, const Question& question) {
    const Asked asked{node, question};
    return std::move(ask({&asked, 1}).front());
}

}  // namespace flatlan::trace
