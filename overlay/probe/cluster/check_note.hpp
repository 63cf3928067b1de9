#pragma once

#include <string>
#include <string_view>

#include "overlay/probe/judge.hpp"

/// A test whose members are on several machines: what the machines tell each other through the
/// registry, what each of them notes, and how the notes are joined. Pure.
namespace flatlan::probe {

/// What one machine saw of one check: its sender's side or its receiver's.
struct CheckNote {
    Pair pair;
    Lane lane;
    Evidence evidence;  ///< without `trial`
    friend bool operator==(const CheckNote&, const CheckNote&) = default;
};

/// Words for a record, in one line: "4 udp 0 3 t3 S10.244.0.1,4000 ...".
std::string to_words(const CheckNote& note);
/// Error corrupt for anything else, and for a member's place that is not below `members`.
Result<CheckNote> note_from_words(std::string_view words, std::size_t members);

/// The lane's words, and back: "4 udp".
std::string to_words(const Lane& lane);
Result<Lane> lane_from_words(std::string_view family, std::string_view protocol);
/// Error corrupt for a word that is no verdict's.
Result<Verdict> verdict_from_word(std::string_view word);

}  // namespace flatlan::probe
