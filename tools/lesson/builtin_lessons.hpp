#pragma once

#include <span>
#include <string_view>

/// Guided walks through a lab: files of text, commands and what their output must show.
namespace flatlan::lesson {

/// A lesson that is part of the program: overlay/lessons/NUMBER-NAME.md.
struct BuiltinLesson {
    std::string_view name;
    std::string_view text;
};

/// In the order in which they are to be read.
std::span<const BuiltinLesson> builtin_lessons();

}  // namespace flatlan::lesson
