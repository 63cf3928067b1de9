#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/lesson/lesson.hpp"
#include "tools/lesson/shell.hpp"

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

/// How `eventually` is meant: a step is tried again until its checks hold, for so long.
inline constexpr std::chrono::seconds kEventually{60};

/// Where the steps of a lesson or an exercise are carried out: a folder of its own, which goes with
/// it, in which the commands find this program as "flatlan", and FLATLAN_LAB names their lab.
/// SIGINT and SIGTERM end what is under way with the error interrupted, not this process.
class Stage {
public:
    /// `program` is this program's path; `variables` are those of the commands. Errors: forbidden
    /// for a program that the lesson needs and this machine has not; those of making a folder.
    static Result<Stage> set_up(const Lesson& lesson, const std::string& program,
                                std::map<std::string, std::string> variables = {});
    Stage(Stage&& other) noexcept;
    Stage& operator=(Stage&&) = delete;
    ~Stage();

    /// Whether the lab runs.
    Result<bool> has_lab() const;
    /// Ends the lab, when it runs.
    void end_lab() const;
    Result<void> write(const File& file) const;
    /// Until a person has ended a line on standard input, or the input is over. Error interrupted.
    Result<void> await_enter() const;
    /// Runs a step and judges what came of it; `sink` gets its output as it comes.
    Result<StepReport> carry_out(const Step& step,
                                 const std::function<void(std::string_view)>& sink) const;

private:
    Stage(std::string lab, ShellPlace place);
    Result<StepReport> try_until_it_holds(const Step& step,
                                          const std::function<void(std::string_view)>& sink) const;

    std::string lab_;
    std::unique_ptr<const Interrupts> interrupts_;
    ShellPlace place_;  ///< without a folder when it has been handed on
};

}  // namespace flatlan::lesson
