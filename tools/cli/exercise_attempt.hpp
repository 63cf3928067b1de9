#pragma once

#include <optional>
#include <string>

#include "tools/cli/arguments.hpp"
#include "tools/cli/lab_service.hpp"
#include "tools/lesson/exercise.hpp"
#include "tools/lesson/progress.hpp"

namespace flatlan::cli {

/// An exercise, and how far somebody has come with it.
struct Attempt {
    lesson::Exercise exercise;
    bool runs = false;            ///< its lab does
    std::string progress_path{};  ///< empty while it does not
    std::optional<lesson::Progress> progress{};

    lesson::Draw drawn() const { return draw(exercise, progress ? progress->seed : 0); }
};

/// A part of the program, or a file. Errors of `find_text` and of `parse_exercise`.
Result<lesson::Exercise> read_exercise(const std::string& name);

/// Looks whether the exercise's lab runs, and for what is kept beside it.
Result<Attempt> find_attempt(LabService& labs, lesson::Exercise exercise);

/// The one that NAME says; else to start the one that draws its fault, and otherwise the one whose
/// lab runs. Error invalid_argument where that is not one alone.
Result<Attempt> choose_attempt(LabService& labs, const Arguments& arguments);

/// Whether the lab is that of the exercise, as it was started. Errors: not_found while it does not
/// run, conflict when it was made by something else.
Result<void> check_begun(const Attempt& attempt);

}  // namespace flatlan::cli
