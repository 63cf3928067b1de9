#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "overlay/base/result.hpp"

namespace flatlan::lesson {

/// What the output of a step must show.
struct Check {
    enum class Kind : std::uint8_t { status, has, lacks };
    Kind kind;
    std::string text{};  ///< has, lacks: words of the output
    int status = 0;      ///< of the last command
    friend bool operator==(const Check&, const Check&) = default;
};

/// "status 1", "has 'words'".
std::string to_string(const Check& check);

/// Words for the reader: the lines of a paragraph or of a heading.
struct Paragraph {
    std::string text;
};

/// A file that the steps after it find.
struct File {
    std::string name;  ///< "lab.yaml"
    std::string text;
};

/// Commands of a shell, and what must come of them.
struct Step {
    std::string commands;
    bool eventually = false;      ///< tried until its checks hold
    std::vector<Check> checks{};  ///< a status is always among them
};

/// A lesson: Markdown of which a part is carried out (overlay/lessons/README.md).
struct Lesson {
    std::string name;
    std::string title;
    std::string lab;                   ///< the lab that its steps work on
    std::vector<std::string> needs{};  ///< programs that it uses besides
    std::vector<std::variant<Paragraph, File, Step>> parts{};
};

/// Reads a lesson. `name` is what messages call it. Errors, all invalid_argument with the line: no
/// title, no lab, a block without an end, a check that is none or belongs to no step.
Result<Lesson> parse_lesson(const std::string& name, std::string_view text);

}  // namespace flatlan::lesson
