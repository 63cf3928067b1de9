#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tools/cli/lesson_words.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/lesson/walk.hpp"

namespace flatlan::cli {
namespace {

using Json = nlohmann::ordered_json;

Result<ExitStatus> list(const Arguments& arguments, Console& console) {
    Json lessons = Json::array();
    Table table{{{"LESSON"}, {"ABOUT"}}};
    for (const lesson::BuiltinText& each : lesson::builtin_lessons()) {
        FLATLAN_TRY(read, lesson::parse_lesson(std::string{each.name}, each.text));
        lessons.push_back({{"name", read.name}, {"title", read.title}});
        table.add({{read.name}, {read.title}});
    }
    if (arguments.json())
        console.out << Json{{"lessons", std::move(lessons)}}.dump() << '\n';
    else
        console.out << table.render(console.out_terminal);
    return ExitStatus::yes;
}

/// Shows a walk to a person, who may take time at each step.
class Guide {
public:
    Guide(Console& console, bool pauses) : console_{console}, pauses_{pauses} {}

    lesson::WalkListener listener() {
        std::ostream& out = console_.out;
        return {
            .paragraph = [&](const lesson::Paragraph& paragraph) { out << paragraph.text << '\n'; },
            .file =
                [&](const lesson::File& file) {
                    out << styled(console_.out_terminal, Style::bold, file.name) << ":\n"
                        << indented(file.text, "    ") << '\n';
                },
            .step =
                [&](const lesson::Step& step) {
                    out << styled(console_.out_terminal, Style::bold, indented(step.commands, "$ "))
                        << (pauses_ ? "  (Enter runs it)" : "") << std::flush;
                },
            .output = {},
            .judgement = [&](const lesson::StepReport& report) { tell(report); },
            .pauses = pauses_};
    }

private:
    void tell(const lesson::StepReport& report) {
        console_.out << indented(report.output, "  ");
        for (const lesson::Judgement& each : report.judgements)
            console_.out << (each.holds ? styled(console_.out_terminal, Style::good, "  ok")
                                        : styled(console_.out_terminal, Style::bad, "  NOT SO"))
                         << ": " << to_string(each.check) << '\n';
        console_.out << '\n' << std::flush;
    }

    Console& console_;
    bool pauses_;
};

Json json_of(const lesson::Lesson& lesson, const lesson::WalkReport& report) {
    Json steps = Json::array();
    for (const lesson::StepReport& step : report.steps) {
        Json checks = Json::array();
        for (const lesson::Judgement& each : step.judgements)
            checks.push_back({{"check", to_string(each.check)}, {"holds", each.holds}});
        steps.push_back({{"commands", step.commands},
                         {"status", step.status},
                         {"output", step.output},
                         {"checks", std::move(checks)}});
    }
    return {{"lesson", lesson.name},
            {"title", lesson.title},
            {"holds", report.holds()},
            {"steps", std::move(steps)}};
}

Result<ExitStatus> run(const Arguments& arguments, Console& console) {
    if (!arguments.has("LESSON")) return list(arguments, console);
    const std::string& name = arguments.value("LESSON");
    FLATLAN_TRY(text, find_text(name, "lesson", lesson::builtin_lessons()));
    FLATLAN_TRY(lesson, lesson::parse_lesson(name, text));
    FLATLAN_TRY(program, path_of_this_program());
    const bool pauses =
        console.out_terminal.interactive && isatty(STDIN_FILENO) != 0 && !arguments.has("no-pause");
    Guide guide{console, pauses};
    if (!arguments.json())
        console.out << styled(console.out_terminal, Style::bold, lesson.title) << "\n\n";
    FLATLAN_TRY(report, lesson::walk(lesson, program,
                                     arguments.json() ? lesson::WalkListener{} : guide.listener()));
    if (arguments.json())
        console.out << json_of(lesson, report).dump(-1, ' ', false, Json::error_handler_t::replace)
                    << '\n';
    else
        console.out << "lesson " << lesson.name << ": "
                    << (report.holds() ? "everything was as it says"
                                       : "not everything was as it says")
                    << '\n';
    return report.holds() ? ExitStatus::yes : ExitStatus::no;
}

}  // namespace

Verb lesson_verb() {
    return {
        .usage = {.verb = "lesson",
                  .summary = "Walk through a short lesson in a lab of its own",
                  .description =
                      "Lists the lessons, or runs one: it says what it does, does it and checks\n"
                      "what comes of it. Its commands are those of a person; the lab is gone\n"
                      "afterwards. A lesson is a file that you can write too:\n"
                      "overlay/lessons/README.md says how. Exit status 1 when something was not\n"
                      "as the lesson says.",
                  .positionals = {{.name = "LESSON",
                                   .summary = "Its name, or a file; without it they are listed",
                                   .required = false,
                                   .completion = Completion::file}},
                  .options = {{.name = "no-pause",
                               .summary = "Do not wait for Enter before each step"},
                              output_option()},
                  .examples = {{"flatlan lesson", "which there are"},
                               {"flatlan lesson ports", "one port space for each pod"}},
                  .synonyms = {"learn", "tutorial", "teach", "lessons"}},
        .run = run};
}

}  // namespace flatlan::cli
