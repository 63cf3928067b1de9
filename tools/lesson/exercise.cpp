#include "tools/lesson/exercise.hpp"

#include <algorithm>

#include "overlay/base/prng.hpp"
#include "overlay/base/undo.hpp"

namespace flatlan::lesson {
namespace {

constexpr std::string_view kHeading = "## ";
/// The nodes among which a draw chooses: n1, n2 and n3.
constexpr std::uint64_t kNodes = 3;

void hear_nothing(std::string_view /*text*/) {}

/// Which section of an exercise a part stands in, and what it is good for there.
class Sections {
public:
    explicit Sections(Exercise& into) : into_{into} {}

    Result<void> add(const Paragraph& paragraph) {
        if (paragraph.text.starts_with(kHeading)) return enter(paragraph.text);
        if (section_.empty()) into_.story.push_back(paragraph.text);
        if (section_ == "Hints") fault().hints.push_back(paragraph.text);
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
            fault().steps.push_back(step);
        else if (section_ == "Solved")
            into_.solved.push_back(step);
        else if (section_ == "Mend")
            fault().mend.push_back(step);
        else
            return wrong("commands stand outside of the sections Fault, Solved and Mend");
        return success();
    }

    Error wrong(const std::string& what) const {
        return Error{ErrorCode::invalid_argument, what}.at(into_.lesson.name);
    }

private:
    /// "## Fault", or "## Fault NAME" where there are several.
    Result<void> enter(const std::string& heading) {
        section_ = heading.substr(kHeading.size());
        section_.erase(section_.find_last_not_of('\n') + 1);
        const auto space = section_.find(' ');
        fault_ = space == section_.npos ? "" : section_.substr(space + 1);
        section_ = section_.substr(0, space);
        for (const std::string_view known : {"Fault", "Hints", "Solved", "Mend"})
            if (section_ == known) return success();
        return wrong("it has a section '" + section_ + "'")
            .expecting("Fault, Hints, Solved or Mend");
    }

    /// The one that the section is about.
    Fault& fault() {
        const auto at = std::find_if(into_.faults.begin(), into_.faults.end(),
                                     [&](const Fault& each) { return each.name == fault_; });
        if (at != into_.faults.end()) return *at;
        into_.faults.push_back({.name = fault_});
        return into_.faults.back();
    }

    Exercise& into_;
    std::string section_;
    std::string fault_;
};

/// The lab's file is what `up` takes; a fault may be in the file itself.
Result<void> make_broken_lab(const Exercise& exercise, const Fault& fault, const Stage& stage) {
    for (const File& file : exercise.files)
        FLATLAN_TRY_VOID(stage.write(file));
    std::vector<Step> steps{{.commands = "flatlan up '" + exercise.files.front().name + "'",
                             .eventually = false,
                             .checks = {{.kind = Check::Kind::status}}}};
    steps.insert(steps.end(), fault.steps.begin(), fault.steps.end());
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
    if (exercise.solved.empty()) return sections.wrong("it has no commands in section Solved");
    if (exercise.faults.empty()) return sections.wrong("it has no section Hints");
    for (const Fault& fault : exercise.faults) {
        const std::string of = fault.name.empty() ? "" : " " + fault.name;
        if (fault.hints.empty()) return sections.wrong("it has no section Hints" + of);
        if (fault.mend.empty()) return sections.wrong("it has no commands in section Mend" + of);
        if (fault.steps.empty() && exercise.faults.size() > 1)
            return sections.wrong("it has no commands in section Fault" + of);
    }
    return exercise;
}

Draw draw(const Exercise& exercise, std::uint64_t seed) {
    if (exercise.faults.size() == 1) return {&exercise.faults.front(), {}};
    Prng chance{seed};
    const Fault& fault = exercise.faults[chance.below(exercise.faults.size())];
    const std::uint64_t node = chance.below(kNodes);
    const std::uint64_t other = (node + 1 + chance.below(kNodes - 1)) % kNodes;
    return {&fault,
            {{"NODE", "n" + std::to_string(node + 1)}, {"OTHER", "n" + std::to_string(other + 1)}}};
}

std::string Draw::to_text(std::string words) const {
    for (const auto& [name, value] : variables)
        for (auto at = words.find("$" + name); at != words.npos; at = words.find("$" + name, at))
            words.replace(at, name.size() + 1, value);
    return words;
}

Result<void> begin_exercise(const Exercise& exercise, const Draw& drawn,
                            const std::string& program) {
    FLATLAN_TRY(stage, Stage::set_up(exercise.lesson, program, drawn.variables));
    FLATLAN_TRY(runs, stage.has_lab());
    if (runs)
        return Error{ErrorCode::already_exists,
                     "the exercise's lab, '" + exercise.lesson.lab + "', runs"}
            .expecting("first: flatlan down " + exercise.lesson.lab);
    Undo end_lab{[&] { stage.end_lab(); }};
    FLATLAN_TRY_VOID(make_broken_lab(exercise, *drawn.fault, stage));
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
