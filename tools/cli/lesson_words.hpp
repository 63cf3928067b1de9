#pragma once

#include <span>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "tools/lesson/builtin_texts.hpp"

namespace flatlan::cli {

/// The text of that name among those that the program has, or of the file that is called so. `kind`
/// is what people call it, "lesson". Error invalid_argument with the nearest names.
Result<std::string> find_text(const std::string& name, std::string_view kind,
                              std::span<const lesson::BuiltinText> texts);

/// The path by which what a lesson runs finds this program.
Result<std::string> path_of_this_program();

/// Each line of a text behind a margin.
std::string indented(std::string_view text, std::string_view margin);

}  // namespace flatlan::cli
