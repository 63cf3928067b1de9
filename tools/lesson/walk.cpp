#include "tools/lesson/walk.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "overlay/base/undo.hpp"
#include "tools/lesson/shell.hpp"

namespace flatlan::lesson {
namespace {

namespace fs = std::filesystem;

constexpr int kLookMilliseconds = 200;

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

/// Of a step that is tried several times only the last output is shown.
Result<StepReport> try_until_it_holds(const Step& step, const ShellPlace& place,
                                      const WalkListener& listener) {
    const auto deadline = std::chrono::steady_clock::now() + kEventually;
    for (;;) {
        FLATLAN_TRY(result, run_shell(step.commands, place, [](std::string_view) {}));
        StepReport report = judge(step, std::move(result));
        if (!report.holds() && std::chrono::steady_clock::now() < deadline) {
            poll(nullptr, 0, kLookMilliseconds);
            continue;
        }
        if (listener.output) listener.output(report.output);
        return report;
    }
}

Result<StepReport> carry_out(const Step& step, const ShellPlace& place,
                             const WalkListener& listener) {
    if (step.eventually) return try_until_it_holds(step, place, listener);
    FLATLAN_TRY(result, run_shell(step.commands, place, [&](std::string_view text) {
                    if (listener.output) listener.output(text);
                }));
    return judge(step, std::move(result));
}

Result<void> check_needs(const Lesson& lesson, const ShellPlace& place) {
    std::string missing;
    for (const std::string& need : lesson.needs) {
        FLATLAN_TRY(found, run_shell("command -v '" + need + "'", place, [](std::string_view) {}));
        if (found.status != 0) missing += (missing.empty() ? "" : ", ") + need;
    }
    if (missing.empty()) return success();
    return Error{ErrorCode::forbidden, "the lesson uses what this machine has not: " + missing}
        .expecting("to have it installed");
}

Result<void> write_file(const File& file, const std::string& folder) {
    std::ofstream out{folder + "/" + file.name};
    out << file.text;
    if (!out.flush()) return Error{ErrorCode::system, "cannot write " + folder + "/" + file.name};
    return success();
}

}  // namespace

bool StepReport::holds() const {
    return std::all_of(judgements.begin(), judgements.end(),
                       [](const Judgement& each) { return each.holds; });
}

bool WalkReport::holds() const {
    return std::all_of(steps.begin(), steps.end(),
                       [](const StepReport& each) { return each.holds(); });
}

Result<WalkReport> walk(const Lesson& lesson, const std::string& program,
                        const WalkListener& listener) {
    FLATLAN_TRY(folder, make_folder());
    const Undo remove_folder{[&] {
        std::error_code ignored;  // it lies in the temporary folder
        fs::remove_all(folder, ignored);
    }};
    FLATLAN_TRY_VOID(link_program(program, folder));
    const ShellPlace place{folder, {{"FLATLAN_LAB", lesson.lab}, {"PATH", search_path(folder)}}};
    FLATLAN_TRY_VOID(check_needs(lesson, place));
    const std::string look = "flatlan ps '" + lesson.lab + "' >/dev/null";
    FLATLAN_TRY(before, run_shell(look, place, [](std::string_view) {}));
    if (before.status == 0)
        return Error{ErrorCode::already_exists, "the lesson's lab, '" + lesson.lab + "', runs"}
            .expecting("first: flatlan down " + lesson.lab);
    const Undo end_lab{[&] {
        static_cast<void>(run_shell(look + " 2>&1 && flatlan down '" + lesson.lab + "'", place,
                                    [](std::string_view) {}));
    }};
    WalkReport report;
    for (const auto& part : lesson.parts) {
        if (const auto* paragraph = std::get_if<Paragraph>(&part)) {
            if (listener.paragraph) listener.paragraph(*paragraph);
        } else if (const auto* file = std::get_if<File>(&part)) {
            if (listener.file) listener.file(*file);
            FLATLAN_TRY_VOID(write_file(*file, folder));
        } else {
            const Step& step = std::get<Step>(part);
            if (listener.step) listener.step(step);
            FLATLAN_TRY(came, carry_out(step, place, listener));
            if (listener.judgement) listener.judgement(came);
            report.steps.push_back(std::move(came));
            if (!report.steps.back().holds()) break;
        }
    }
    return report;
}

}  // namespace flatlan::lesson
