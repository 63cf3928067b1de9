#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lesson/lesson.hpp"

namespace flatlan::lesson {

/// A check, and whether it held.
struct Judgement {
    Check check;
    bool holds = false;
};

/// What came of a step.
struct StepReport {
    std::string commands;
    int status = 0;
    std::string output;
    std::vector<Judgement> judgements;
    bool holds() const;
};

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
};

/// How `eventually` is meant: a step is tried again until its checks hold, for so long.
inline constexpr std::chrono::seconds kEventually{60};

/// Walks through a lesson, in a folder of its own that is gone afterwards, with FLATLAN_LAB naming
/// the lesson's lab. `program` is this program's path: the commands find it as "flatlan". A lab
/// that the lesson started is ended, however the walk ends. Errors: not_found for a program that it
/// needs and this machine has not.
Result<WalkReport> walk(const Lesson& lesson, const std::string& program,
                        const WalkListener& listener);

}  // namespace flatlan::lesson
