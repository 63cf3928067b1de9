#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "overlay/linux/random.hpp"
#include "tools/cli/exercise_attempt.hpp"
#include "tools/cli/lesson_words.hpp"
#include "tools/cli/table.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename Number>
bool read_number(const std::string& text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
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

Result<std::uint64_t> choose_seed(const Arguments& arguments) {
    std::uint64_t seed = 0;
    if (!arguments.has("seed")) {
        FLATLAN_TRY(drawn, draw_random());
        return drawn & std::numeric_limits<std::uint32_t>::max();  // short enough to be typed
    }
    if (!read_number(arguments.value("seed"), seed))
        return Error{ErrorCode::invalid_argument, "'" + arguments.value("seed") + "' is no seed"}
            .at("--seed")
            .expecting("a whole number from 0 on");
    return seed;
}

Result<ExitStatus> start(LabService& labs, const lesson::Exercise& exercise,
                         const Arguments& arguments, Console& console) {
    FLATLAN_TRY(program, path_of_this_program());
    FLATLAN_TRY(seed, choose_seed(arguments));
    FLATLAN_TRY_VOID(lesson::begin_exercise(exercise, draw(exercise, seed), program));
    FLATLAN_TRY(begun, find_attempt(labs, exercise));
    FLATLAN_TRY_VOID(lesson::store_progress(begun.progress_path, {.seed = seed}));
    const lesson::Lesson& about = exercise.lesson;
    if (arguments.json()) {
        Json answer{{"exercise", about.name}, {"lab", about.lab}, {"title", about.title}};
        if (exercise.faults.size() > 1) answer["seed"] = seed;
        console.out << answer << '\n';
        return ExitStatus::yes;
    }
    console.out << styled(console.out_terminal, Style::bold, about.title) << "\n\n";
    for (const std::string& paragraph : exercise.story)
        console.out << paragraph << '\n';
    console.out << "Lab " << about.lab << " runs. Find what is wrong, and mend it.\n"
                << "  flatlan exercise hint " << about.name << "    when you are stuck\n"
                << "  flatlan exercise check " << about.name << "   when it is mended\n"
                << "  flatlan down " << about.lab << "   ends it\n";
    if (exercise.faults.size() > 1)
        console.out << "The same once more: flatlan exercise start " << about.name << " --seed "
                    << seed << '\n';
    return ExitStatus::yes;
}

/// The one that is asked for; else the next one, and the last one again.
Result<std::size_t> choose_hint(const Attempt& attempt, std::size_t count,
                                const Arguments& arguments) {
    if (!arguments.has("number"))
        return std::min(attempt.progress ? attempt.progress->hints + 1 : 1, count);
    std::size_t number = 0;
    const std::string& text = arguments.value("number");
    if (!read_number(text, number) || number == 0 || number > count)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is none of its hints"}
            .at("--number")
            .expecting("a number from 1 to " + std::to_string(count));
    return number;
}

Result<ExitStatus> hint(const Attempt& attempt, const Arguments& arguments, Console& console) {
    const lesson::Exercise& exercise = attempt.exercise;
    if (exercise.faults.size() > 1) FLATLAN_TRY_VOID(check_begun(attempt));
    const lesson::Draw drawn = attempt.drawn();
    const std::size_t count = drawn.fault->hints.size();
    FLATLAN_TRY(number, choose_hint(attempt, count, arguments));
    if (attempt.progress)
        FLATLAN_TRY_VOID(lesson::store_progress(
            attempt.progress_path,
            {.seed = attempt.progress->seed, .hints = std::max(attempt.progress->hints, number)}));
    const std::string words = drawn.to_text(drawn.fault->hints[number - 1]);
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

/// "solved, with 2 of 3 hints".
std::string verdict_of(const Attempt& attempt, bool solved) {
    std::string words = solved ? "solved" : "not solved yet";
    if (const std::size_t shown = attempt.progress->hints; shown > 0)
        words += ", with " + std::to_string(shown) + " of " +
                 std::to_string(attempt.drawn().fault->hints.size()) + " hints";
    return words;
}

Result<ExitStatus> check(const Attempt& attempt, const Arguments& arguments, Console& console) {
    FLATLAN_TRY_VOID(check_begun(attempt));
    FLATLAN_TRY(program, path_of_this_program());
    FLATLAN_TRY(reports, lesson::grade_exercise(attempt.exercise, program));
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
        console.out << Json{{"exercise", attempt.exercise.lesson.name},
                            {"solved", solved},
                            {"hints", attempt.progress->hints},
                            {"checks", std::move(checks)}}
                    << '\n';
    else
        console.out << "exercise " << attempt.exercise.lesson.name << ": "
                    << verdict_of(attempt, solved) << '\n';
    return solved ? ExitStatus::yes : ExitStatus::no;
}

/// What may be read of an exercise as it stands: its lab file, or a way to mend it.
Result<ExitStatus> show(const Attempt& attempt, const Arguments& arguments, Console& console) {
    const lesson::Exercise& exercise = attempt.exercise;
    std::string text;
    if (arguments.value("ACTION") == "file") {
        text = exercise.files.front().text;
    } else {
        if (exercise.faults.size() > 1) FLATLAN_TRY_VOID(check_begun(attempt));
        const lesson::Draw drawn = attempt.drawn();
        for (const auto& [name, value] : drawn.variables)
            text += name + "=" + value + '\n';
        for (const lesson::Step& step : drawn.fault->mend)
            text += step.commands;
    }
    if (arguments.json())
        console.out << Json{{"exercise", exercise.lesson.name}, {"text", text}} << '\n';
    else
        console.out << text;
    return ExitStatus::yes;
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    const std::string& action = arguments.value("ACTION");
    if (action == "ls") return list(arguments, console);
    FLATLAN_TRY(attempt, choose_attempt(labs, arguments));
    if (action == "start") return start(labs, attempt.exercise, arguments, console);
    if (action == "hint") return hint(attempt, arguments, console);
    if (action == "check") return check(attempt, arguments, console);
    return show(attempt, arguments, console);
}

}  // namespace

Verb exercise_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "exercise",
             .summary = "Mend a lab that is broken on purpose",
             .description =
                 "start     start the exercise's lab, in which something is wrong;\n"
                 "          without NAME what is wrong is drawn\n"
                 "hint      the next hint, or another by its number\n"
                 "check     whether it is mended: exit status 0, or 1 while it is not\n"
                 "file      the lab's file, for where the fault is in there\n"
                 "solution  commands that mend it\n"
                 "ls        the exercises that there are\n\n"
                 "Otherwise, without NAME, it is the exercise whose lab runs. An exercise is\n"
                 "a file that you can write too: overlay/exercises/README.md says how.",
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
                          .summary = "Which hint; else the next one"},
                         {.name = "seed", .value = "N", .summary = "Draws the same fault again"},
                         output_option()},
             .examples = {{"flatlan exercise", "what there is to mend"},
                          {"flatlan exercise start", "begin, whatever it is"},
                          {"flatlan exercise start deaf-node", "begin with this one"},
                          {"flatlan exercise check", "is it mended?"}},
             .synonyms = {"quiz", "practice", "challenge", "puzzle"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            Result<ExitStatus> done =
                arguments.has("ACTION") ? run(labs, arguments, console) : list(arguments, console);
            return done;
        }};
}

}  // namespace flatlan::cli
