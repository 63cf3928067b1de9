#pragma once

#include <span>
#include <string_view>

/// Guided walks through a lab, and labs to mend: files of text, commands and what their output must
/// show.
namespace flatlan::lesson {

/// A file of overlay/lessons or overlay/exercises, NUMBER-NAME.md, as a part of the program.
struct BuiltinText {
    std::string_view name;
    std::string_view text;
};

/// Each in the order of its number.
std::span<const BuiltinText> builtin_lessons();
std::span<const BuiltinText> builtin_exercises();

}  // namespace flatlan::lesson
