#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "tools/cli/lesson_words.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/lesson/exercise.hpp"

namespace flatlan::cli {
namespace {

using Json = nlohmann::ordered_json;

Result<lesson::Exercise> read_exercise(const std::string& name) {
    FLATLAN_TRY(text, find_text(name, "exercise", lesson::builtin_exercises()));
    return lesson::parse_exercise(name, text);
}

/// The one named, or the one whose lab runs.
Result<lesson::Exercise> choose_exercise(LabService& labs, const Arguments& arguments) {
    if (arguments.has("NAME")) return read_exercise(arguments.value("NAME"));
    const Error none = Error{ErrorCode::invalid_argument, "no exercise is named"}.at("NAME");
    if (arguments.value("ACTION") == "start")
        return Error{none}.expecting("one of those that 'flatlan exercise' lists");
    FLATLAN_TRY(running, labs.list());
    std::vector<lesson::Exercise> found;
    for (const lesson::BuiltinText& each : lesson::builtin_exercises()) {
        FLATLAN_TRY(exercise, read_exercise(std::string{each.name}));
        if (std::any_of(running.begin(), running.end(), [&](const lab::LabEntry& lab) {
                return lab.name.text() == exercise.lesson.lab;
            }))
            found.push_back(std::move(exercise));
    }
    if (found.size() == 1) return std::move(found.front());
    return Error{none}.expecting(found.empty() ? "a name: no exercise's lab runs"
                                               : "a name: the labs of several exercises run");
}

Result<ExitStatus> list(const Arguments& arguments, Console& console) {
    Json exercises = Json::array();
    Table table{{{"EXERCISE"}, {"WHAT ONE NOTICES"}}};
    for (const lesson::BuiltinText& each : lesson::builtin_exercises()) {
        FLATLAN_TRY(read, read_exercise(std::string{each.name}));
        exercises.push_back({{"name", read.lesson.name}, {"title", read.lesson.title}});
        table.add({{read.lesson.name}, {read.lesson.title}});
    }
    if (arguments.json())
        console.out << Json{{"exercises", std::move(exercises)}}.dump() << '\n';
    else
        console.out << table.render(console.out_terminal);
    return ExitStatus::yes;
}

Result<ExitStatus> start(const lesson::Exercise& exercise, const Arguments& arguments,
                         Console& console) {
    FLATLAN_TRY(program, path_of_this_program());
    FLATLAN_TRY_VOID(lesson::begin_exercise(exercise, program));
    const lesson::Lesson& about = exercise.lesson;
    if (arguments.json()) {
        console.out << Json{{"exercise", about.name}, {"lab", about.lab}, {"title", about.title}}
                    << '\n';
        return ExitStatus::yes;
    }
    console.out << styled(console.out_terminal, Style::bold, about.title) << "\n\n";
    for (const std::string& paragraph : exercise.story)
        console.out << paragraph << '\n';
    console.out << "Lab " << about.lab << " runs. Find what is wrong, and mend it.\n"
                << "  flatlan exercise hint " << about.name << "    when you are stuck\n"
                << "  flatlan exercise check " << about.name << "   when it is mended\n"
                << "  flatlan down " << about.lab << "   ends it\n";
    return ExitStatus::yes;
}

Result<ExitStatus> hint(const lesson::Exercise& exercise, const Arguments& arguments,
                        Console& console) {
    const std::string& text = arguments.value("number");
    const std::size_t count = exercise.hints.size();
    std::size_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || number == 0 || number > count)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is none of its hints"}
            .at("--number")
            .expecting("a number from 1 to " + std::to_string(count));
    const std::string& words = exercise.hints[number - 1];
    if (arguments.json()) {
        console.out << Json{{"exercise", exercise.lesson.name},
                            {"number", number},
                            {"hints", count},
                            {"hint", words}}
                    << '\n';
        return ExitStatus::yes;
    }
    console.out << "hint " << number << " of " << count << ": " << words;
    if (number < count)
        console.out << "the next one: flatlan exercise hint " << exercise.lesson.name
                    << " --number " << number + 1 << '\n';
    return ExitStatus::yes;
}

Result<ExitStatus> check(const lesson::Exercise& exercise, const Arguments& arguments,
                         Console& console) {
    FLATLAN_TRY(program, path_of_this_program());
    FLATLAN_TRY(reports, lesson::grade_exercise(exercise, program));
    Json checks = Json::array();
    bool solved = true;
    for (const lesson::StepReport& each : reports) {
        solved = solved && each.holds();
        checks.push_back({{"commands", each.commands}, {"holds", each.holds()}});
        if (!arguments.json())
            console.out << (each.holds() ? styled(console.out_terminal, Style::good, "ok:")
                                         : styled(console.out_terminal, Style::bad, "not yet:"))
                        << '\n'
                        << indented(each.commands, "  ");
    }
    if (arguments.json())
        console.out << Json{{"exercise", exercise.lesson.name},
                            {"solved", solved},
                            {"checks", std::move(checks)}}
                    << '\n';
    else
        console.out << "exercise " << exercise.lesson.name << ": "
                    << (solved ? "solved" : "not solved yet") << '\n';
    return solved ? ExitStatus::yes : ExitStatus::no;
}

/// What may be read of an exercise as it stands: its lab file, or a way to mend it.
Result<ExitStatus> show(const lesson::Exercise& exercise, const Arguments& arguments,
                        Console& console) {
    const bool file = arguments.value("ACTION") == "file";
    std::string text;
    if (file) text = exercise.files.front().text;
    for (const lesson::Step& step : exercise.mend)
        if (!file) text += step.commands;
    if (arguments.json())
        console.out << Json{{"exercise", exercise.lesson.name}, {"text", text}} << '\n';
    else
        console.out << text;
    return ExitStatus::yes;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    const std::string& action = arguments.value("ACTION");
    if (action == "ls") return list(arguments, console);
    FLATLAN_TRY(exercise, choose_exercise(labs, arguments));
    if (action == "start") return start(exercise, arguments, console);
    if (action == "hint") return hint(exercise, arguments, console);
    if (action == "check") return check(exercise, arguments, console);
    return show(exercise, arguments, console);
}

}  // namespace

Verb exercise_verb(LabService& labs) {
    return {
        .usage = {.verb = "exercise",
                  .summary = "Mend a lab that is broken on purpose",
                  .description =
                      "start     start the exercise's lab, in which something is wrong\n"
                      "hint      a hint, the first one or another by its number\n"
                      "check     whether it is mended: exit status 0, or 1 while it is not\n"
                      "file      the lab's file, for where the fault is in there\n"
                      "solution  commands that mend it\n"
                      "ls        the exercises that there are\n\n"
                      "Without NAME it is the exercise whose lab runs. An exercise is a file that\n"
                      "you can write too: overlay/exercises/README.md says how.",
                  .positionals = {{.name = "ACTION",
                                   .summary = "What to do; ls when it is left out",
                                   .required = false,
                                   .choices = {"start", "hint", "check", "file", "solution", "ls"}},
                                  {.name = "NAME",
                                   .summary = "The exercise's name, or its file",
                                   .required = false,
                                   .completion = Completion::file}},
                  .options = {{.name = "number",
                               .letter = 'n',
                               .value = "N",
                               .summary = "Which hint",
                               .preset = "1"},
                              output_option()},
                  .examples = {{"flatlan exercise", "what there is to mend"},
                               {"flatlan exercise start deaf-node", "begin"},
                               {"flatlan exercise check", "is it mended?"}},
                  .synonyms = {"quiz", "practice", "challenge", "puzzle"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            Result<ExitStatus> done =
                arguments.has("ACTION") ? run(labs, arguments, console) : list(arguments, console);
            return done;
        }};
}

}  // namespace flatlan::cli
