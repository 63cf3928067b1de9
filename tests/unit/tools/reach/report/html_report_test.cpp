#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/tools/reach/sample_outcome.hpp"
#include "tools/reach/report/report.hpp"

namespace flatlan::reach {
namespace {

/// What stands in the page's script element for data.
nlohmann::json data_of(const std::string& page) {
    constexpr std::string_view kBefore = "id=\"outcome\">";
    const auto start = page.find(kBefore) + kBefore.size();
    return nlohmann::json::parse(page.substr(start, page.find("</script>", start) - start));
}

bool from_first_to_last(const probe::Member& from, const probe::Member& to) {
    return from.name == "default/p1" && to.name == "default/p4";
}

TEST(HtmlReport, HoldsTheSummaryMembersAndFailingPairs) {
    const auto data = data_of(html_report(sample_outcome(2, 2, from_first_to_last)));
    EXPECT_EQ(data["lab"], "demo");
    EXPECT_EQ(data["checks"], 36);
    EXPECT_EQ(data["failed"], 1);
    ASSERT_EQ(data["members"].size(), 6U);
    EXPECT_EQ(data["members"][2]["name"], "default/p1");
    EXPECT_EQ(data["members"][2]["node"], "n1");
    ASSERT_EQ(data["failures"].size(), 1U);
    EXPECT_EQ(data["failures"][0]["verdict"], "no_route");
    EXPECT_EQ(data["members"][data["failures"][0]["to"].get<int>()]["name"], "default/p4");
    EXPECT_EQ(data["causes"].size(), 1U);
    EXPECT_TRUE(data["pairs"].is_null()) << "all pairs were tried: they need no list";
}

TEST(HtmlReport, LeavesOutWhoTookNoPart) {
    Outcome outcome = sample_outcome(2, 2, never);
    std::erase_if(outcome.plan.pairs, [](const probe::Pair& pair) {
        return pair.from.value() != 2 || pair.to.value() < 4;
    });
    const auto data = data_of(html_report(outcome));
    ASSERT_EQ(data["members"].size(), 3U);
    EXPECT_EQ(data["members"][0]["name"], "default/p1");
    EXPECT_EQ(data["pairs"], nlohmann::json::parse("[[0,1],[0,2]]"));
}

TEST(HtmlReport, CannotBeBrokenOutOfByAName) {
    Outcome outcome = sample_outcome(1, 1, never);
    outcome.members[0].name = "</script><script>alert(1)</script>";
    const std::string page = html_report(outcome);
    EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
    EXPECT_EQ(data_of(page)["members"][0]["name"], outcome.members[0].name);
}

TEST(HtmlReport, NeedsNothingElse) {
    const std::string page = html_report(sample_outcome(1, 1, never));
    EXPECT_EQ(page.find("src="), std::string::npos);
    EXPECT_EQ(page.find("href="), std::string::npos);
    EXPECT_EQ(page.find("@PAGE"), std::string::npos) << "a part was not put in";
}

}  // namespace
}  // namespace flatlan::reach
