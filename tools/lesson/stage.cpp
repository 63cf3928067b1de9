#include "tools/lesson/stage.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace flatlan::lesson {
namespace {

namespace fs = std::filesystem;

constexpr int kLookMilliseconds = 200;

void hear_nothing(std::string_view /*text*/) {}

Result<std::string> make_folder() {
    std::string path = (fs::temp_directory_path() / "flatlan-lesson-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr)
        return Error::from_errno(errno, "make a folder in the temporary folder");
    return path;
}

/// So that a lesson's "flatlan" is this program, whatever its file is called.
Result<void> link_program(const std::string& program, const std::string& folder) {
    std::error_code failed;
    fs::create_directory(folder + "/bin", failed);
    if (!failed) fs::create_symlink(program, folder + "/bin/flatlan", failed);
    if (failed) return Error::from_errno(failed.value(), "link " + program);
    return success();
}

std::string search_path(const std::string& folder) {
    const char* before = std::getenv("PATH");
    const std::string own = folder + "/bin:";
    // Tools of the machine's administrator too, as ip(8): in a lab everyone is one.
    return own + (before == nullptr ? "/usr/bin:/bin" : before) + ":/usr/sbin:/sbin";
}

Result<void> check_needs(const Lesson& lesson, const ShellPlace& place) {
    std::string missing;
    for (const std::string& need : lesson.needs) {
        FLATLAN_TRY(found, run_shell("command -v '" + need + "'", place, hear_nothing));
        if (found.status != 0) missing += (missing.empty() ? "" : ", ") + need;
    }
    if (missing.empty()) return success();
    return Error{ErrorCode::forbidden, lesson.name + " uses what this machine has not: " + missing}
        .expecting("to have it installed");
}

bool holds(const Check& check, const ShellResult& result) {
    if (check.kind == Check::Kind::status) return result.status == check.status;
    const bool there = result.output.find(check.text) != std::string::npos;
    return there == (check.kind == Check::Kind::has);
}

StepReport judge(const Step& step, ShellResult result) {
    StepReport report{step.commands, result.status, {}, {}};
    for (const Check& check : step.checks)
        report.judgements.push_back({check, holds(check, result)});
    report.output = std::move(result.output);
    return report;
}

}  // namespace

bool StepReport::holds() const {
    return std::all_of(judgements.begin(), judgements.end(),
                       [](const Judgement& each) { return each.holds; });
}

Result<Stage> Stage::set_up(const Lesson& lesson, const std::string& program,
                            std::map<std::string, std::string> variables) {
    FLATLAN_TRY(folder, make_folder());
    variables.insert({{"FLATLAN_LAB", lesson.lab}, {"PATH", search_path(folder)}});
    Stage stage{lesson.lab, {folder, std::move(variables)}};
    FLATLAN_TRY_VOID(link_program(program, folder));
    FLATLAN_TRY_VOID(check_needs(lesson, stage.place_));
    return stage;
}

Stage::Stage(std::string lab, ShellPlace place)
    : lab_{std::move(lab)},
      interrupts_{std::make_unique<const Interrupts>()},
      place_{std::move(place)} {
    place_.interrupts = interrupts_.get();
}

Stage::Stage(Stage&& other) noexcept
    : lab_{other.lab_}, interrupts_{std::move(other.interrupts_)}, place_{other.place_} {
    other.place_.folder.clear();
}

Stage::~Stage() {
    if (place_.folder.empty()) return;
    std::error_code ignored;  // it lies in the temporary folder
    fs::remove_all(place_.folder, ignored);
}

Result<bool> Stage::has_lab() const {
    FLATLAN_TRY(looked,
                run_shell("flatlan ps '" + lab_ + "' >/dev/null 2>&1", place_, hear_nothing));
    return looked.status == 0;
}

void Stage::end_lab() const {
    // Of what fails here nobody could make more than the next `flatlan down` does.
    if (const auto runs = has_lab(); runs && runs.value())
        static_cast<void>(run_shell("flatlan down '" + lab_ + "'", place_, hear_nothing));
}

Result<void> Stage::write(const File& file) const {
    std::ofstream out{place_.folder + "/" + file.name};
    out << file.text;
    if (!out.flush())
        return Error{ErrorCode::system, "cannot write " + place_.folder + "/" + file.name};
    return success();
}

Result<void> Stage::await_enter() const {
    for (;;) {
        std::array<pollfd, 2> waiting{
            {{STDIN_FILENO, POLLIN, 0}, {interrupts_->waiting().get(), POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR, by other signals
        if (waiting[1].revents != 0 && interrupts_->take())
            return Error{ErrorCode::interrupted, "interrupted"};
        if (waiting[0].revents != 0) break;
    }
    std::string line;
    std::getline(std::cin, line);
    return success();
}

Result<StepReport> Stage::carry_out(const Step& step,
                                    const std::function<void(std::string_view)>& sink) const {
    if (step.eventually) return try_until_it_holds(step, sink);
    FLATLAN_TRY(result, run_shell(step.commands, place_, sink));
    return judge(step, std::move(result));
}

/// Of a step that is tried several times only the last output is shown.
Result<StepReport> Stage::try_until_it_holds(
    const Step& step, const std::function<void(std::string_view)>& sink) const {
    const auto deadline = std::chrono::steady_clock::now() + kEventually;
    for (;;) {
        FLATLAN_TRY(result, run_shell(step.commands, place_, hear_nothing));
        StepReport report = judge(step, std::move(result));
        if (!report.holds() && std::chrono::steady_clock::now() < deadline) {
            poll(nullptr, 0, kLookMilliseconds);
            continue;
        }
        sink(report.output);
        return report;
    }
}

}  // namespace flatlan::lesson
