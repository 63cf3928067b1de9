#include "overlay/base/suggestion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kVerbs{"up", "apply", "down", "ls", "ps", "exec", "doctor"};

TEST(EditDistance, CountsLettersPutInLeftOutChangedAndSwapped) {
    EXPECT_EQ(edit_distance("down", "down"), 0U);
    EXPECT_EQ(edit_distance("dwn", "down"), 1U);
    EXPECT_EQ(edit_distance("downn", "down"), 1U);
    EXPECT_EQ(edit_distance("dawn", "down"), 1U);
    EXPECT_EQ(edit_distance("dwon", "down"), 1U);
    EXPECT_EQ(edit_distance("", "down"), 4U);
    EXPECT_EQ(edit_distance("down", ""), 4U);
}

TEST(Nearest, OffersWhatATypingErrorMayHaveMeant) {
    EXPECT_THAT(nearest("dwon", kVerbs), ElementsAre("down"));
    EXPECT_THAT(nearest("aply", kVerbs), ElementsAre("apply"));
    EXPECT_THAT(nearest("sp", kVerbs), ElementsAre("up", "ps"));
}

TEST(Nearest, TakesTheBeginningOfAWord) {
    EXPECT_THAT(nearest("do", kVerbs), ElementsAre("down", "doctor"));
}

TEST(Nearest, LeavesOutWhatIsFartherThanTheNearest) {
    const std::vector<std::string> pods{"pod-1", "pod-2", "pod-111"};
    EXPECT_THAT(nearest("pod-11", pods), ElementsAre("pod-111"));
    EXPECT_THAT(nearest("pod-12", pods), ElementsAre("pod-1", "pod-2"));
    EXPECT_THAT(nearest("pdo-1", pods, 1), ElementsAre("pod-1"));
}

TEST(Nearest, PutsTheNextNumbersFirst) {
    std::vector<std::string> pods;
    for (int number = 1; number <= 100; ++number)
        pods.push_back("pod-" + std::to_string(number));
    EXPECT_THAT(nearest("pod-101", pods, 2), ElementsAre("pod-100", "pod-10"));
    pods.resize(4);
    EXPECT_THAT(nearest("pod-9", pods), ElementsAre("pod-4", "pod-3", "pod-2"));
    EXPECT_THAT(nearest("pod-99999999999", pods), IsEmpty());
}

TEST(Nearest, OffersNothingForWhatIsFarFromEverything) {
    EXPECT_THAT(nearest("explode", kVerbs), IsEmpty());
    EXPECT_THAT(nearest("", kVerbs), IsEmpty());
}

TEST(JoinAlternatives, ReadsAsASentence) {
    EXPECT_EQ(join_alternatives(std::vector<std::string>{}), "");
    EXPECT_EQ(join_alternatives(std::vector<std::string>{"a"}), "a");
    EXPECT_EQ(join_alternatives(std::vector<std::string>{"a", "b"}), "a or b");
    EXPECT_EQ(join_alternatives(std::vector<std::string>{"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace flatlan
