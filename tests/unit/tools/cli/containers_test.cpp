#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ExecVerb, GoesIntoTheContainerThatIsMeant) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    EXPECT_THAT(run_flatlan(labs, {"exec", "pod-1", "--", "ps"}).err,
                HasSubstr("container server of server or refresh"));
    EXPECT_EQ(labs.exec_container, "server");
    EXPECT_EQ(run_flatlan(labs, {"exec", "pod-1", "-c", "refresh", "--", "ps"}).err, "");
    EXPECT_EQ(labs.exec_container, "refresh");
    run_flatlan(labs, {"exec", "pod-1", "--sandbox", "--", "ps"});
    EXPECT_EQ(labs.exec_container, "");
    run_flatlan(labs, {"exec", "pod-2", "--", "ps"});
    EXPECT_EQ(labs.exec_container, "");
    const Ran wrong = run_flatlan(labs, {"exec", "pod-1", "-c", "servr", "--", "ps"});
    EXPECT_EQ(wrong.status, ExitStatus::exec_failed);
    EXPECT_THAT(wrong.err, HasSubstr("server"));
}

TEST(ScaleVerb, AsksForTheWorkloadThatIsMeant) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 0)};
    EXPECT_THAT(run_flatlan(labs, {"scale", "deployment/web", "5"}).out,
                HasSubstr("deployment/web: 5 pods, before 2"));
    EXPECT_THAT(run_flatlan(labs, {"scale", "team/rs/db", "2"}).out,
                HasSubstr("replicaset/db: 2 pods, as before"));
    ASSERT_EQ(labs.scaled.size(), 2U);
    EXPECT_EQ(labs.scaled[0].pod_namespace, "default");
    EXPECT_EQ(labs.scaled[1].kind, "replicaset");
    EXPECT_EQ(labs.scaled[1].pod_namespace, "team");
}

TEST(ScaleVerb, RefusesWhatIsNoWorkloadOrNumber) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 0)};
    for (const char* wrong : {"web", "pod/web", "deployment/", "/web", "a/b/deployment/web"})
        EXPECT_EQ(run_flatlan(labs, {"scale", wrong, "1"}).status, ExitStatus::wrong_input)
            << wrong;
    for (const char* wrong : {"-1", "five", "1.5", "100001", ""})
        EXPECT_EQ(run_flatlan(labs, {"scale", "deployment/web", wrong}).status,
                  ExitStatus::wrong_input)
            << wrong;
    EXPECT_TRUE(labs.scaled.empty());
}

TEST(Verbs, TellWhatTheMachineDoesNotDo) {
    FakeLabs labs;
    labs.running = {lab_of("demo", 1, 0)};
    labs.running[0].notes = {"limits are not enforced"};
    labs.applied.notes = labs.running[0].notes;
    EXPECT_THAT(run_flatlan(labs, {"ps"}).out, HasSubstr("note: limits are not enforced"));
    EXPECT_THAT(run_flatlan(labs, {"apply", "lab.yaml"}).err,
                HasSubstr("warning: limits are not enforced"));
    EXPECT_THAT(run_flatlan(labs, {"scale", "deployment/web", "3"}).err,
                HasSubstr("warning: limits are not enforced"));
}

TEST(LogsVerb, PrintsLinesAsTheyWereWritten) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    labs.log_lines = {
        {"T1", "stdout", "a long ", true}, {"T2", "stdout", "line"}, {"T3", "stderr", ""}};
    EXPECT_EQ(run_flatlan(labs, {"logs", "pod-1"}).out, "a long line\n\n");
    EXPECT_EQ(run_flatlan(labs, {"logs", "pod-1", "--timestamps"}).out, "T1 a long line\nT3 \n");
    ASSERT_FALSE(labs.logs.empty());
    EXPECT_EQ(labs.logs.back().container, "server");
}

TEST(LogsVerb, SaysWhichLinesAreWanted) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    run_flatlan(labs, {"logs", "pod-1", "-c", "refresh", "-p", "--tail", "5", "--since", "2h"});
    ASSERT_EQ(labs.logs.size(), 1U);
    EXPECT_TRUE(labs.logs[0].previous);
    EXPECT_EQ(labs.logs[0].tail, 5U);
    EXPECT_THAT(labs.logs[0].since, MatchesRegex("20.*T.*Z"));
}

TEST(LogsVerb, RefusesWhatMakesNoSense) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    for (const std::vector<std::string>& words : {std::vector<std::string>{"logs"},
                                                  {"logs", "pod-2"},
                                                  {"logs", "node/n1"},
                                                  {"logs", "pod-1", "--tail", "-1"},
                                                  {"logs", "pod-1", "--since", "yesterday"},
                                                  {"logs", "pod-1", "-f", "-o", "json"},
                                                  {"logs", "pod-1", "-c", "nobody"}}) {
        const Ran ran = run_flatlan(labs, words);
        EXPECT_EQ(ran.status, ExitStatus::wrong_input) << words.back();
        EXPECT_TRUE(labs.logs.empty());
    }
}

TEST(PsVerb, ShowsHowContainersFare) {
    FakeLabs labs;
    labs.running = {lab_with_containers()};
    const std::string shown = run_flatlan(labs, {"ps"}).out;
    EXPECT_THAT(shown, HasSubstr("pod-1 server"));
    EXPECT_THAT(shown, HasSubstr("CrashLoopBackOff"));
    EXPECT_THAT(shown, HasSubstr("Error 137: ended by signal 9 (Killed)"));
}

}  // namespace
}  // namespace flatlan::cli
