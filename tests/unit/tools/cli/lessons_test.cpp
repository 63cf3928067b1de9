#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/lesson/builtin_texts.hpp"
#include "tools/lesson/exercise.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;

TEST(LessonVerb, AnswersInWordsThatScriptsMayRelyOn) {
    FakeLabs labs;
    const std::string lessons = run_flatlan(labs, {"lesson", "--output", "json"}).out;
    EXPECT_EQ(lessons, golden("answers/lesson.json", lessons));
    const std::string exercises =
        run_flatlan(labs, {"exercise", "--output", "json"}).out +
        run_flatlan(labs, {"exercise", "hint", "deaf-node", "--output", "json"}).out +
        run_flatlan(labs, {"exercise", "file", "deaf-node", "--output", "json"}).out;
    EXPECT_EQ(exercises, golden("answers/exercise.json", exercises));
}

TEST(LessonVerb, NamesTheNearestLesson) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"lesson", "prots"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("ports"));
}

TEST(ExerciseVerb, RefusesAHintThatThereIsNot) {
    FakeLabs labs;
    for (const char* number : {"0", "4", "-1", "two", "1x"})
        EXPECT_EQ(run_flatlan(labs, {"exercise", "hint", "deaf-node", "--number", number}).status,
                  ExitStatus::wrong_input)
            << number;
    EXPECT_EQ(run_flatlan(labs, {"exercise", "hint"}).status, ExitStatus::wrong_input);
}

TEST(ExerciseVerb, MeansTheExerciseWhoseLabRuns) {
    FakeLabs labs;
    labs.running = {lab_of("exercise-twins", 1, 0)};
    EXPECT_THAT(run_flatlan(labs, {"exercise", "hint"}).out, HasSubstr("hint 1 of 3"));
    labs.running.push_back(lab_of("exercise-deaf-node", 1, 0));
    EXPECT_EQ(run_flatlan(labs, {"exercise", "hint"}).status, ExitStatus::wrong_input);
}

TEST(BuiltinTexts, AreAllWellFormed) {
    for (const lesson::BuiltinText& each : lesson::builtin_lessons())
        EXPECT_TRUE(lesson::parse_lesson(std::string{each.name}, each.text)) << each.name;
    for (const lesson::BuiltinText& each : lesson::builtin_exercises())
        EXPECT_TRUE(lesson::parse_exercise(std::string{each.name}, each.text)) << each.name;
}

TEST(Exercises, AreRefusedWhereTheySayTooLittle) {
    const std::string whole =
        "# Broken\nLab: demo\n```yaml lab.yaml\nx\n```\n\n## Hints\n\nLook.\n\n## Solved\n\n```sh\n"
        "true\n```\n\n## Mend\n\n```sh\ntrue\n```\n";
    EXPECT_TRUE(lesson::parse_exercise("demo", whole));
    for (const std::string part : {"```yaml lab.yaml\nx\n```\n", "Look.\n", "Lab: demo\n"}) {
        std::string less = whole;
        less.erase(less.find(part), part.size());
        EXPECT_FALSE(lesson::parse_exercise("demo", less)) << part;
    }
    EXPECT_FALSE(lesson::parse_exercise("demo", whole + "\n## Other\n\nwords\n"));
    EXPECT_FALSE(lesson::parse_exercise("demo", "```sh\ntrue\n```\n" + whole));
}

}  // namespace
}  // namespace flatlan::cli
