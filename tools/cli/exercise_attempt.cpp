#include "tools/cli/exercise_attempt.hpp"

#include <vector>

#include "tools/cli/lesson_words.hpp"
#include "tools/lesson/builtin_texts.hpp"

namespace flatlan::cli {
namespace {

/// The exercise that has many faults.
constexpr std::string_view kDrawn = "random";

Error not_running(const lesson::Exercise& exercise) {
    return Error{ErrorCode::not_found,
                 "the exercise's lab, '" + exercise.lesson.lab + "', does not run"}
        .expecting("flatlan exercise start " + exercise.lesson.name);
}

/// An exercise is not solved by ending its lab and starting another one.
Error made_anew(const lesson::Exercise& exercise) {
    return Error{ErrorCode::conflict,
                 "lab '" + exercise.lesson.lab +
                     "' is not the one that the exercise started: what was wrong in that one "
                     "ended with it, and is not mended"}
        .expecting("flatlan down " + exercise.lesson.lab + ", then flatlan exercise start " +
                   exercise.lesson.name);
}

}  // namespace

Result<lesson::Exercise> read_exercise(const std::string& name) {
    FLATLAN_TRY(text, find_text(name, "exercise", lesson::builtin_exercises()));
    return lesson::parse_exercise(name, text);
}

Result<void> check_begun(const Attempt& attempt) {
    if (!attempt.runs) return not_running(attempt.exercise);
    if (!attempt.progress) return made_anew(attempt.exercise);
    return success();
}

Result<Attempt> find_attempt(LabService& labs, lesson::Exercise exercise) {
    Attempt attempt{.exercise = std::move(exercise)};
    FLATLAN_TRY(running, labs.list());
    for (const lab::LabEntry& lab : running) {
        if (lab.name.text() != attempt.exercise.lesson.lab) continue;
        attempt.runs = true;
        if (lab.socket.empty()) continue;
        // Beside its socket, so that it goes with the lab.
        attempt.progress_path = lab.socket.substr(0, lab.socket.rfind('/') + 1) + "exercise";
        FLATLAN_TRY(progress, lesson::load_progress(attempt.progress_path));
        attempt.progress = progress;
    }
    return attempt;
}

Result<Attempt> choose_attempt(LabService& labs, const Arguments& arguments) {
    if (arguments.has("NAME") || arguments.value("ACTION") == "start") {
        FLATLAN_TRY(named, read_exercise(arguments.has("NAME") ? arguments.value("NAME")
                                                               : std::string{kDrawn}));
        return find_attempt(labs, std::move(named));
    }
    std::vector<Attempt> found;
    for (const lesson::BuiltinText& each : lesson::builtin_exercises()) {
        FLATLAN_TRY(exercise, read_exercise(std::string{each.name}));
        FLATLAN_TRY(attempt, find_attempt(labs, std::move(exercise)));
        if (attempt.runs) found.push_back(std::move(attempt));
    }
    if (found.size() == 1) return std::move(found.front());
    return Error{ErrorCode::invalid_argument, "no exercise is named"}.at("NAME").expecting(
        found.empty() ? "a name: no exercise's lab runs"
                      : "a name: the labs of several exercises run");
}

}  // namespace flatlan::cli
