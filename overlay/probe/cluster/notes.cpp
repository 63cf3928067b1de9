#include "overlay/probe/cluster/notes.hpp"

#include <algorithm>
#include <map>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::probe {
namespace {

constexpr std::string_view kKind = "probe-notes";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kBitsOfDigit = 4;

/// A receiver on a lane.
using Receiver = std::pair<Lane, MemberId>;

Result<void> add_seen(const control::RecordReader& reader, std::string_view text,
                      std::size_t members, Notes& notes) {
    const auto words = split_words(text, ' ');
    if (words.size() != 4) return reader.wrong("seen", "has not four words");
    FLATLAN_TRY(lane, lane_from_words(words[0], words[1]));
    const auto receiver = member_from_word(words[2], members);
    if (!receiver) return reader.wrong("seen", "names no member");
    for (std::size_t digit = 0; digit < words[3].size(); ++digit) {
        const std::size_t value = kDigits.find(words[3][digit]);
        if (value == kDigits.npos) return reader.wrong("seen", "has no row of bits");
        for (std::size_t bit = 0; bit < kBitsOfDigit; ++bit) {
            if ((value >> bit & 1U) == 0) continue;
            const std::size_t from = digit * kBitsOfDigit + bit;
            if (from >= members) return reader.wrong("seen", "names no member");
            notes.seen.push_back({lane, {MemberId{static_cast<std::uint32_t>(from)}, *receiver}});
        }
    }
    return success();
}

}  // namespace

std::vector<std::string> to_pages(const Notes& notes, std::size_t members,
                                  std::size_t page_max_bytes) {
    PageWriter pages{kKind, page_max_bytes};
    if (notes.stalled > Duration::zero()) pages.field("stalled-us", span_word(notes.stalled));
    for (const CheckNote& note : notes.checks)
        pages.field("check", to_words(note));
    std::map<Receiver, std::string> rows;
    for (const auto& [lane, pair] : notes.seen) {
        std::string& row = rows[{lane, pair.to}];
        row.resize((members + kBitsOfDigit - 1) / kBitsOfDigit, kDigits.front());
        char& digit = row[pair.from.value() / kBitsOfDigit];
        digit = kDigits[kDigits.find(digit) | 1U << pair.from.value() % kBitsOfDigit];
    }
    for (const auto& [receiver, row] : rows)
        pages.field("seen",
                    to_words(receiver.first) + " " + member_word(receiver.second) + " " + row);
    return pages.take();
}

Result<void> add_page(std::string_view page, std::size_t members, Notes& notes) {
    FLATLAN_TRY(reader, control::RecordReader::from(kKind, page));
    for (const std::string_view words : reader.all("check")) {
        FLATLAN_TRY(note, note_from_words(words, members));
        notes.checks.push_back(note);
    }
    for (const std::string_view word : reader.all("stalled-us")) {
        const auto stalled = span_from_word(word);
        if (!stalled) return reader.wrong("stalled-us", "is no time");
        notes.stalled = std::max(notes.stalled, *stalled);
    }
    for (const std::string_view words : reader.all("seen"))
        FLATLAN_TRY_VOID(add_seen(reader, words, members, notes));
    return success();
}

}  // namespace flatlan::probe
