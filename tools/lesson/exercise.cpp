#include "tools/lesson/exercise.hpp"

#include <algorithm>

#include "overlay/base/undo.hpp"

namespace flatlan::lesson {
namespace {

constexpr std::string_view kHeading = "## ";

void hear_nothing(std::string_view /*text*/) {}

/// Which section of an exercise a part stands in, and what it is good for there.
class Sections {
public:
    explicit Sections(Exercise& into) : into_{into} {}

    Result<void> add(const Paragraph& paragraph) {
        if (paragraph.text.starts_with(kHeading)) {
            section_ = paragraph.text.substr(kHeading.size());
            section_.erase(section_.find_last_not_of('\n') + 1);
            for (const std::string_view known : {"Fault", "Hints", "Solved", "Mend"})
                if (section_ == known) return success();
            return wrong("it has a section '" + section_ + "'")
                .expecting("Fault, Hints, Solved or Mend");
        }
        if (section_.empty()) into_.story.push_back(paragraph.text);
        if (section_ == "Hints") into_.hints.push_back(paragraph.text);
        return success();  // elsewhere: words for who reads the file
    }

    Result<void> add(const File& file) {
        if (!section_.empty())
            return wrong("a file stands in section " + section_)
                .expecting("it before all sections");
        into_.files.push_back(file);
        return success();
    }

    Result<void> add(const Step& step) {
        if (section_ == "Fault")
            into_.fault.push_back(step);
        else if (section_ == "Solved")
            into_.solved.push_back(step);
        else if (section_ == "Mend")
            into_.mend.push_back(step);
        else
            return wrong("commands stand outside of the sections Fault, Solved and Mend");
        return success();
    }

    Error wrong(const std::string& what) const {
        return Error{ErrorCode::invalid_argument, what}.at(into_.lesson.name);
    }

private:
    Exercise& into_;
    std::string section_;
};

/// The lab's file is what `up` takes; a fault may be in the file itself.
Result<void> make_broken_lab(const Exercise& exercise, const Stage& stage) {
    for (const File& file : exercise.files)
        FLATLAN_TRY_VOID(stage.write(file));
    std::vector<Step> steps{{.commands = "flatlan up '" + exercise.files.front().name + "'",
                             .eventually = false,
                             .checks = {{.kind = Check::Kind::status}}}};
    steps.insert(steps.end(), exercise.fault.begin(), exercise.fault.end());
    for (const Step& step : steps) {
        FLATLAN_TRY(came, stage.carry_out(step, hear_nothing));
        if (!came.holds())
            return Error{ErrorCode::unavailable,
                         "the exercise's lab could not be made: " + came.output};
    }
    return success();
}

/// Each step once: who asks may ask again.
Result<std::vector<StepReport>> judge_all(const Exercise& exercise, const Stage& stage) {
    std::vector<StepReport> reports;
    for (Step step : exercise.solved) {
        step.eventually = false;
        FLATLAN_TRY(came, stage.carry_out(step, hear_nothing));
        reports.push_back(std::move(came));
    }
    return reports;
}

}  // namespace

Result<Exercise> parse_exercise(const std::string& name, std::string_view text) {
    Exercise exercise{};
    FLATLAN_TRY(lesson, parse_lesson(name, text));
    exercise.lesson = std::move(lesson);
    Sections sections{exercise};
    for (const auto& part : std::exchange(exercise.lesson.parts, {}))
        FLATLAN_TRY_VOID(std::visit([&](const auto& each) { return sections.add(each); }, part));
    if (exercise.files.empty()) return sections.wrong("it has no lab file");
    if (exercise.hints.empty()) return sections.wrong("it has no section Hints");
    if (exercise.solved.empty()) return sections.wrong("it has no commands in section Solved");
    if (exercise.mend.empty()) return sections.wrong("it has no commands in section Mend");
    return exercise;
}

Result<void> begin_exercise(const Exercise& exercise, const std::string& program) {
    FLATLAN_TRY(stage, Stage::set_up(exercise.lesson, program));
    FLATLAN_TRY(runs, stage.has_lab());
    if (runs)
        return Error{ErrorCode::already_exists,
                     "the exercise's lab, '" + exercise.lesson.lab + "', runs"}
            .expecting("first: flatlan down " + exercise.lesson.lab);
    Undo end_lab{[&] { stage.end_lab(); }};
    FLATLAN_TRY_VOID(make_broken_lab(exercise, stage));
    FLATLAN_TRY(reports, judge_all(exercise, stage));
    if (std::all_of(reports.begin(), reports.end(),
                    [](const StepReport& each) { return each.holds(); }))
        return Error{ErrorCode::unavailable, "on this machine the fault breaks nothing"};
    end_lab.disarm();
    return success();
}

Result<std::vector<StepReport>> grade_exercise(const Exercise& exercise,
                                               const std::string& program) {
    FLATLAN_TRY(stage, Stage::set_up(exercise.lesson, program));
    FLATLAN_TRY(runs, stage.has_lab());
    if (!runs)
        return Error{ErrorCode::not_found,
                     "the exercise's lab, '" + exercise.lesson.lab + "', does not run"}
            .expecting("flatlan exercise start " + exercise.lesson.name);
    return judge_all(exercise, stage);
}

}  // namespace flatlan::lesson
