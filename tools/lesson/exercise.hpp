#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lesson/lesson.hpp"
#include "tools/lesson/stage.hpp"

namespace flatlan::lesson {

/// What is wrong, and what helps.
struct Fault {
    std::string name{};                ///< empty where there is one alone
    std::vector<Step> steps{};         ///< hidden: make it in the lab
    std::vector<std::string> hints{};  ///< from vague to plain
    std::vector<Step> mend{};          ///< one way to do it
};

/// A lab that is broken on purpose: a lesson's file in sections (overlay/exercises/README.md).
struct Exercise {
    Lesson lesson;                   ///< name, title, lab and needs; its parts are those below
    std::vector<std::string> story;  ///< what one notices, a paragraph each
    std::vector<File> files;         ///< the first is the lab's
    std::vector<Step> solved;        ///< hold once the fault is mended, and not before
    std::vector<Fault> faults;       ///< of several one is drawn
};

/// The fault that a seed draws, and between which nodes.
struct Draw {
    const Fault* fault;                            ///< the exercise's
    std::map<std::string, std::string> variables;  ///< of its commands, empty with one fault alone
    std::string to_text(std::string words) const;  ///< words in which the variables are named
};
Draw draw(const Exercise& exercise, std::uint64_t seed);

/// Reads an exercise. Errors: those of `parse_lesson`; invalid_argument where a section that there
/// must be is missing, or where something stands in one in which it means nothing.
Result<Exercise> parse_exercise(const std::string& name, std::string_view text);

/// Starts the lab and makes the fault that was drawn. Errors: those of Stage::set_up;
/// already_exists while the lab runs; unavailable where the lab cannot be made or nothing is broken
/// afterwards. With an error nothing is left.
Result<void> begin_exercise(const Exercise& exercise, const Draw& drawn,
                            const std::string& program);

/// Whether the fault is mended: what came of each step of `solved`. Error not_found while the lab
/// does not run.
Result<std::vector<StepReport>> grade_exercise(const Exercise& exercise,
                                               const std::string& program);

}  // namespace flatlan::lesson
