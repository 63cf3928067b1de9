#include "tools/lesson/walk.hpp"

#include <algorithm>

#include "overlay/base/undo.hpp"

namespace flatlan::lesson {

bool WalkReport::holds() const {
    return std::all_of(steps.begin(), steps.end(),
                       [](const StepReport& each) { return each.holds(); });
}

Result<WalkReport> walk(const Lesson& lesson, const std::string& program,
                        const WalkListener& listener) {
    FLATLAN_TRY(stage, Stage::set_up(lesson, program));
    FLATLAN_TRY(runs, stage.has_lab());
    if (runs)
        return Error{ErrorCode::already_exists, "the lesson's lab, '" + lesson.lab + "', runs"}
            .expecting("first: flatlan down " + lesson.lab);
    const Undo end_lab{[&] { stage.end_lab(); }};
    const auto output = [&](std::string_view text) {
        if (listener.output) listener.output(text);
    };
    WalkReport report;
    for (const auto& part : lesson.parts) {
        if (const auto* paragraph = std::get_if<Paragraph>(&part)) {
            if (listener.paragraph) listener.paragraph(*paragraph);
        } else if (const auto* file = std::get_if<File>(&part)) {
            if (listener.file) listener.file(*file);
            FLATLAN_TRY_VOID(stage.write(*file));
        } else {
            const Step& step = std::get<Step>(part);
            if (listener.step) listener.step(step);
            if (listener.pauses) FLATLAN_TRY_VOID(stage.await_enter());
            FLATLAN_TRY(came, stage.carry_out(step, output));
            if (listener.judgement) listener.judgement(came);
            report.steps.push_back(std::move(came));
            if (!report.steps.back().holds()) break;
        }
    }
    return report;
}

}  // namespace flatlan::lesson
