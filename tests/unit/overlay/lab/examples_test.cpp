#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/lab_plan.hpp"

namespace flatlan::lab {
namespace {

struct Example {
    const char* name;
    std::size_t nodes, pods;
    friend void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }
};

constexpr Example kExamples[] = {
    {"single-node", 1, 4},          {"three-nodes", 3, 12},
    {"dual-stack", 3, 3},           {"hundred-pods", 10, 100},
    {"thousand-pods", 10, 1000},    {"hundred-nodes", 100, 1000},
    {"thousand-nodes", 1000, 1000}, {"direct", 3, 6},
    {"mixed-tunnel", 4, 8},         {"agents", 3, 6},
    {"web-and-sidecar", 2, 2},
};

std::filesystem::path folder() { return FLATLAN_EXAMPLES; }

class Examples : public testing::TestWithParam<Example> {};

TEST_P(Examples, AreReadWithoutAWarningAndFit) {
    const auto lab = read_lab_file(folder() / (std::string{GetParam().name} + ".yaml"));
    ASSERT_TRUE(lab) << lab.error().to_string();
    EXPECT_EQ(lab.value().spec.name.text(), GetParam().name);
    EXPECT_EQ(lab.value().warnings, std::vector<std::string>{});
    const auto plan = plan_lab(lab.value().spec);
    ASSERT_TRUE(plan) << plan.error().to_string();
    EXPECT_EQ(plan.value().nodes.size(), GetParam().nodes);
    EXPECT_EQ(plan.value().pods.size(), GetParam().pods);
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(kExamples));

TEST(ExamplesFolder, HasNothingThatIsNotTried) {
    std::set<std::string> there, tried;
    for (const auto& entry : std::filesystem::directory_iterator{folder()})
        if (entry.path().extension() == ".yaml") there.insert(entry.path().stem());
    for (const Example& example : kExamples)
        tried.insert(example.name);
    EXPECT_EQ(there, tried);
}

/// The blocks of a Markdown file between "```yaml" and "```".
std::vector<std::string> yaml_blocks(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::vector<std::string> blocks;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == "```yaml") blocks.emplace_back();
        if (inside && line != "```") blocks.back() += line + '\n';
        inside = line == "```yaml" || (inside && line != "```");
    }
    return blocks;
}

TEST(Readme, ShowsLabsThatAreRightAndAsManyPodsAsItSays) {
    const auto blocks = yaml_blocks(FLATLAN_README);
    ASSERT_EQ(blocks.size(), 1U);
    const auto lab = parse_lab_file(blocks.front(), "README.md");
    ASSERT_TRUE(lab) << lab.error().to_string();
    const auto plan = plan_lab(lab.value().spec);
    ASSERT_TRUE(plan) << plan.error().to_string();
    EXPECT_EQ(plan.value().nodes.size(), 3U);
    EXPECT_EQ(plan.value().pods.size(), 9U);
}

}  // namespace
}  // namespace flatlan::lab
