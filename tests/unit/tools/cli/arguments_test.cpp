#include "tools/cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Usage kUsage{
    .verb = "exec",
    .positionals = {{.name = "POD", .summary = "the pod"},
                    {.name = "MODE", .required = false, .choices = {"slow", "fast"}}},
    .options = {output_option(), lab_option(), {.name = "force", .letter = 'f'}},
    .command = "CMD..."};

Result<Arguments> parse(std::vector<std::string> words) { return Arguments::parse(kUsage, words); }

Error refusal(std::vector<std::string> words) {
    auto parsed = parse(std::move(words));
    EXPECT_FALSE(parsed);
    return parsed ? Error{} : std::move(parsed).error();
}

TEST(Arguments, ReadsFlagsInEachOfTheirForms) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"web", "--lab", "a"},
                                                  {"--lab=a", "web"},
                                                  {"-l", "a", "web"},
                                                  {"-la", "web"}}) {
        const auto parsed = parse(words);
        ASSERT_TRUE(parsed) << parsed.error().to_string();
        EXPECT_EQ(parsed.value().value("lab"), "a");
        EXPECT_EQ(parsed.value().value("POD"), "web");
    }
}

TEST(Arguments, FillsInPresetsWithoutClaimingThatTheyWereGiven) {
    const auto parsed = parse({"web", "-f"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed.value().value("output"), "text");
    EXPECT_FALSE(parsed.value().has("output"));
    EXPECT_TRUE(parsed.value().has("force"));
    EXPECT_FALSE(parsed.value().json());
    EXPECT_EQ(parsed.value().value("MODE"), "");
}

TEST(Arguments, KeepsTheCommandWordForWord) {
    const auto parsed = parse({"web", "-l", "a", "--", "grep", "--lab", "-x", "--", ""});
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed.value().command(), ElementsAre("grep", "--lab", "-x", "--", ""));
    EXPECT_EQ(parsed.value().value("lab"), "a");
}

TEST(Arguments, TakesASingleHyphenAsAWord) {
    const auto parsed = parse({"-"});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed.value().value("POD"), "-");
}

TEST(Arguments, KeepsTheWordsOfThePlaceThatMayBeRepeated) {
    const Usage usage{.verb = "forward",
                      .positionals = {{.name = "POD"},
                                      {.name = "PORT", .choices = {"80", "81"}, .repeated = true}},
                      .options = {lab_option()}};
    const std::vector<std::string> words{"web", "80", "-l", "a", "81", "80"};
    const auto parsed = Arguments::parse(usage, words);
    ASSERT_TRUE(parsed) << parsed.error().to_string();
    EXPECT_EQ(parsed.value().value("POD"), "web");
    EXPECT_EQ(parsed.value().value("lab"), "a");
    EXPECT_THAT(parsed.value().repeated(), ElementsAre("80", "81", "80"));
    EXPECT_FALSE(Arguments::parse(usage, std::vector<std::string>{"web"}));
    EXPECT_FALSE(Arguments::parse(usage, std::vector<std::string>{"web", "80", "82"}));
}

TEST(Arguments, AnswersHelpWhateverElseIsMissing) {
    const auto parsed = parse({"--help"});
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed.value().help());
}

TEST(Arguments, SuggestsTheNearestOption) {
    const Error error = refusal({"web", "--ouput", "json"});
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error.where(), "--ouput");
    EXPECT_EQ(error.expected(), "--output");
}

TEST(Arguments, ListsAllOptionsWhenNoneIsNear) {
    EXPECT_EQ(refusal({"web", "-x"}).where(), "-x");
    EXPECT_EQ(refusal({"web", "--colour-me"}).expected(), "--help, --output, --lab or --force");
}

TEST(Arguments, KnowsAValueThatIsTypedAsAnOption) {
    EXPECT_EQ(refusal({"web", "--json"}).expected(), "--output json");
}

TEST(Arguments, DoesNotGuessAbbreviations) {
    EXPECT_EQ(refusal({"web", "--out=json"}).expected(), "--output");
}

TEST(Arguments, RefusesAValueThatIsNoChoice) {
    EXPECT_EQ(refusal({"web", "--output", "yaml"}).expected(), "text or json");
    EXPECT_EQ(refusal({"web", "medium"}).where(), "MODE");
}

TEST(Arguments, RefusesAMissingValueAndOneTooMany) {
    EXPECT_EQ(refusal({"web", "--lab"}).to_string(), "--lab: a value is missing");
    EXPECT_EQ(refusal({"web", "--force=yes"}).to_string(), "--force: the option takes no value");
}

TEST(Arguments, RefusesAFlagThatIsGivenTwice) {
    EXPECT_EQ(refusal({"web", "-o", "json", "--output", "text"}).to_string(),
              "--output: given twice");
}

TEST(Arguments, NamesTheWordThatIsMissing) {
    EXPECT_EQ(refusal({}).to_string(), "POD: is missing after 'flatlan exec' (expected the pod)");
}

TEST(Arguments, PointsAtTheSeparatorWhenACommandStandsWithoutIt) {
    const Error error = refusal({"web", "fast", "ls"});
    EXPECT_EQ(error.where(), "ls");
    EXPECT_THAT(error.expected(), HasSubstr("'--'"));
}

TEST(AsksForJson, SeesEachFormButNotTheCommands) {
    EXPECT_TRUE(asks_for_json(std::vector<std::string>{"x", "-o", "json"}));
    EXPECT_TRUE(asks_for_json(std::vector<std::string>{"-ojson"}));
    EXPECT_TRUE(asks_for_json(std::vector<std::string>{"--output=json"}));
    EXPECT_FALSE(asks_for_json(std::vector<std::string>{"--output", "text"}));
    EXPECT_FALSE(asks_for_json(std::vector<std::string>{"web", "--", "x", "-o", "json"}));
    EXPECT_FALSE(asks_for_json(std::vector<std::string>{"--output"}));
}

}  // namespace
}  // namespace flatlan::cli
