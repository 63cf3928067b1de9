#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lesson/stage.hpp"

namespace flatlan::lesson {

/// What came of a lesson. With the first step whose checks do not hold it is over.
struct WalkReport {
    std::vector<StepReport> steps;
    bool holds() const;
};

/// Who shows the walk to somebody; each may be empty.
struct WalkListener {
    std::function<void(const Paragraph&)> paragraph;
    std::function<void(const File&)> file;
    std::function<void(const Step&)> step;             ///< before it is run
    std::function<void(std::string_view)> output;      ///< of the step, as it comes
    std::function<void(const StepReport&)> judgement;  ///< after it
    bool pauses = false;                               ///< a step is run when a person hits Enter
};

/// Walks through a lesson on a stage of its own. A lab that the lesson started is ended, however
/// the walk ends. Errors: those of Stage::set_up; already_exists while the lesson's lab runs;
/// interrupted.
Result<WalkReport> walk(const Lesson& lesson, const std::string& program,
                        const WalkListener& listener);

}  // namespace flatlan::lesson
