#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/unit/tools/cli/fake_labs.hpp"
#include "tools/cli/exercise_attempt.hpp"
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
    EXPECT_FALSE(lesson::parse_exercise("demo", whole + "\n## Hints two\n\nwords\n"));
    EXPECT_FALSE(lesson::parse_exercise("demo", "```sh\ntrue\n```\n" + whole));
}

TEST(Exercises, DrawAFaultByItsSeed) {
    const auto exercise = read_exercise("random");
    ASSERT_TRUE(exercise) << exercise.error().to_string();
    std::set<std::string> drawn;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {  // those of tests/e2e/exercises
        const lesson::Draw draw = lesson::draw(exercise.value(), seed);
        EXPECT_EQ(draw.fault, lesson::draw(exercise.value(), seed).fault);
        EXPECT_NE(draw.variables.at("NODE"), draw.variables.at("OTHER"));
        EXPECT_EQ(draw.to_text("$NODE, $OTHER and $NODE"), draw.variables.at("NODE") + ", " +
                                                               draw.variables.at("OTHER") +
                                                               " and " + draw.variables.at("NODE"));
        drawn.insert(draw.fault->name);
    }
    EXPECT_EQ(drawn.size(), exercise.value().faults.size());
    const auto other = read_exercise("deaf-node");
    ASSERT_TRUE(other);
    EXPECT_TRUE(lesson::draw(other.value(), 7).variables.empty());
}

/// A lab that runs, with a folder of its own.
class ExerciseProgress : public testing::Test {
protected:
    void SetUp() override {
        std::string path = testing::TempDir() + "flatlan-exercise-XXXXXX";
        ASSERT_NE(mkdtemp(path.data()), nullptr);
        folder_ = path;
        labs_.running = {lab_of("exercise-twins", 1, 0)};
        labs_.lab_socket = folder_ + "/api.sock";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string folder_;
    FakeLabs labs_;
};

TEST_F(ExerciseProgress, RemembersWhichHintsWereShown) {
    ASSERT_TRUE(lesson::store_progress(folder_ + "/exercise", {.seed = 3}));
    for (const char* wanted : {"hint 1 of 3", "hint 2 of 3", "hint 3 of 3", "hint 3 of 3"})
        EXPECT_THAT(run_flatlan(labs_, {"exercise", "hint"}).out, HasSubstr(wanted));
    EXPECT_THAT(run_flatlan(labs_, {"exercise", "hint", "--number", "1"}).out, HasSubstr("1 of 3"));
    const auto kept = lesson::load_progress(folder_ + "/exercise");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept.value()->hints, 3U);
    EXPECT_EQ(kept.value()->seed, 3U);
}

TEST_F(ExerciseProgress, DoesNotGradeALabThatWasMadeAnew) {
    const Ran ran = run_flatlan(labs_, {"exercise", "check"});
    EXPECT_EQ(ran.status, ExitStatus::no);
    EXPECT_THAT(ran.err, HasSubstr("is not the one that the exercise started"));
    std::ofstream{folder_ + "/exercise"} << "something else";
    EXPECT_EQ(run_flatlan(labs_, {"exercise", "check"}).status, ExitStatus::no);
}

}  // namespace
}  // namespace flatlan::cli
