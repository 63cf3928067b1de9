#include "tools/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Program, HelpListsTheVerbsThatPeopleType) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"--help"});
    EXPECT_EQ(ran.status, ExitStatus::yes);
    EXPECT_EQ(ran.out, golden("help.txt", ran.out));
    EXPECT_THAT(ran.out, Not(HasSubstr("__complete")));
    EXPECT_EQ(run_flatlan(labs, {"help"}).out, ran.out);
    EXPECT_EQ(run_flatlan(labs, {"-h"}).out, ran.out);
}

TEST(Program, SaysNoWhereItsAnswerWasNotWritten) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{.out = out, .err = err, .out_terminal = {}, .err_terminal = {}};
    EXPECT_EQ(finish_answer("flatlan-reach", ExitStatus::forbidden, console),
              ExitStatus::forbidden);
    EXPECT_THAT(err.str(), IsEmpty());
    out.setstate(std::ios::badbit);  // as a full disk leaves it
    EXPECT_EQ(finish_answer("flatlan-reach", ExitStatus::yes, console), ExitStatus::no);
    EXPECT_THAT(err.str(), HasSubstr("flatlan-reach: the answer could not be written"));
}

TEST(Program, EveryVerbExplainsItselfWithAnExample) {
    FakeLabs labs;
    for (const Verb& verb : make_verbs(labs)) {
        if (verb.hidden) continue;
        SCOPED_TRACE(verb.usage.verb);
        const Ran ran = run_flatlan(labs, {verb.usage.verb, "--help"});
        EXPECT_EQ(ran.status, ExitStatus::yes);
        EXPECT_EQ(ran.out, golden("help-" + verb.usage.verb + ".txt", ran.out));
        EXPECT_THAT(ran.out, HasSubstr("Examples\n"));
        EXPECT_THAT(ran.err, IsEmpty());
        EXPECT_EQ(run_flatlan(labs, {"help", verb.usage.verb}).out, ran.out);
    }
}

TEST(Program, HelpFitsInEightyColumns) {
    FakeLabs labs;
    std::string all = run_flatlan(labs, {"--help"}).out;
    for (const Verb& verb : make_verbs(labs))
        all += run_flatlan(labs, {"help", verb.usage.verb}).out;
    std::istringstream lines{all};
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(line.size(), 80U) << line;
}

TEST(Program, WithoutAVerbTheHelpIsForPeopleAndTheUseIsWrong) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(ran.err, HasSubstr("Verbs\n"));
}

TEST(Program, SuggestsTheNearestVerb) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"dwon"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_EQ(ran.err, "flatlan: there is no verb 'dwon' (expected down)\n");
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_EQ(run_flatlan(labs, {"help", "dwon"}).err, ran.err);
}

TEST(Program, KnowsTheWordsOfOtherTools) {
    FakeLabs labs;
    EXPECT_EQ(run_flatlan(labs, {"stop"}).err,
              "flatlan: there is no verb 'stop' (expected down)\n");
    EXPECT_EQ(run_flatlan(labs, {"list"}).err, "flatlan: there is no verb 'list' (expected ls)\n");
}

TEST(Program, SaysWhereOptionsStand) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"--lab", "x", "ps"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_THAT(ran.err, HasSubstr("options stand after the verb"));
}

TEST(Program, AnswersWrongUseInJsonWhenThatWasAskedFor) {
    FakeLabs labs;
    const Ran ran = run_flatlan(labs, {"ls", "--labb", "-o", "json"});
    EXPECT_EQ(ran.status, ExitStatus::wrong_input);
    EXPECT_EQ(ran.out,
              R"({"error":{"code":"invalid_argument","message":"'flatlan ls' has no such option",)"
              R"("where":"--labb","expected":"--help or --output"}})"
              "\n");
    EXPECT_THAT(ran.err, IsEmpty());
}

TEST(Program, EndsAsTheErrorsCodeSays) {
    FakeLabs labs;
    const std::pair<ErrorCode, ExitStatus> rules[] = {
        {ErrorCode::invalid_argument, ExitStatus::wrong_input},
        {ErrorCode::forbidden, ExitStatus::forbidden},
        {ErrorCode::already_exists, ExitStatus::no},
        {ErrorCode::interrupted, ExitStatus::no},
        {ErrorCode::system, ExitStatus::no}};
    for (const auto& [code, status] : rules) {
        labs.failure = Error{code, "make a veth pair: the kernel's words"};
        const Ran ran = run_flatlan(labs, {"up", "lab.yaml"});
        EXPECT_EQ(ran.status, status) << to_string(code);
        EXPECT_EQ(ran.err, "flatlan: make a veth pair: the kernel's words\n");
        EXPECT_THAT(ran.out, IsEmpty());
    }
}

TEST(Program, ColoursNothingUnlessTheTerminalHasColour) {
    FakeLabs labs;
    const Terminal colours{.interactive = true, .colour = true};
    EXPECT_THAT(run_flatlan(labs, {"--help"}, colours).out, HasSubstr("\x1b["));
    EXPECT_THAT(run_flatlan(labs, {"--help"}).out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(run_flatlan(labs, {"dwon"}, {.interactive = true}).err, Not(HasSubstr("\x1b")));
}

void call_a_library() { throw std::runtime_error{"of a library"}; }

using ProgramDeathTest = testing::Test;

TEST(ProgramDeathTest, ABugEndsTheProgramWithItsOwnStatus) {
    const auto end = [](auto bug) {
        end_bugs_with_their_own_status();
        bug();
    };
    EXPECT_EXIT(end([] { FLATLAN_CHECK(1 + 1 == 3); }), testing::ExitedWithCode(4), "bug: 1 \\+ 1");
    EXPECT_EXIT(end([]() noexcept { call_a_library(); }), testing::ExitedWithCode(4),
                "bug: uncaught exception: of a library");
}

}  // namespace
}  // namespace flatlan::cli
