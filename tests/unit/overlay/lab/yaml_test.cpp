#include "overlay/lab/yaml.hpp"

#include <gtest/gtest.h>

namespace flatlan::lab {
namespace {

std::vector<YamlNode> parse(const std::string& text) {
    auto documents = parse_yaml(text, "a.yaml");
    if (!documents) ADD_FAILURE() << documents.error().to_string();
    return std::move(documents).value();
}

std::string refusal(const std::string& text) {
    const auto documents = parse_yaml(text, "a.yaml");
    return documents ? "" : documents.error().to_string();
}

std::string repeated(const std::string& text, std::size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

TEST(Yaml, GivesATreeWithLines) {
    const auto documents =
        parse("# comment\nlist:\n- 1\n- '2'\nmap: {empty: ~}\ntext: |\n  x\n  y\n");
    ASSERT_EQ(documents.size(), 1U);
    const YamlNode& root = documents[0];
    EXPECT_EQ(root.line, 2U);
    ASSERT_NE(root.find("list"), nullptr);
    const auto& items = root.find("list")->items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].text, "1");
    EXPECT_FALSE(items[0].quoted);
    EXPECT_TRUE(items[1].quoted);
    EXPECT_EQ(items[1].line, 4U);
    EXPECT_EQ(root.entries[1].line, 5U);
    EXPECT_EQ(root.find("map")->find("empty")->kind, YamlNode::Kind::null);
    EXPECT_EQ(root.find("text")->text, "x\ny\n");
    EXPECT_EQ(root.find("none"), nullptr);
}

TEST(Yaml, LeavesEmptyDocumentsOut) {
    EXPECT_TRUE(parse("").empty());
    EXPECT_TRUE(parse("---\n---\n# c\n---\n").empty());
    EXPECT_EQ(parse("---\na: 1\n---\n---\nb: 2\n...\n").size(), 2U);
}

TEST(Yaml, TakesDosLinesAndAByteOrderMark) {
    const auto documents = parse(
        "\xef\xbb\xbf"
        "a: 1\r\n---\r\nb: 2\r\n");
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].find("a")->text, "1");
    EXPECT_EQ(documents[1].find("b")->line, 3U);
}

TEST(Yaml, TakesADirective) { EXPECT_EQ(parse("%YAML 1.2\n---\na: 1\n").size(), 1U); }

TEST(Yaml, ForgetsAnchorsAtTheEndOfADocument) {
    EXPECT_EQ(refusal("a: &x 1\n---\nb: *x\n"),
              "a.yaml:3: the file is not YAML: an alias of nothing (expected an anchor (&NAME) "
              "before it)");
}

TEST(Yaml, RefusesWhatIsNotUtf8) {
    EXPECT_EQ(refusal("a: 1\nb: \xff\n"), "a.yaml:2: the file is not UTF-8 text");
    EXPECT_EQ(refusal(std::string{"a: 1\n\nb: \0", 10}), "a.yaml:3: the file is not UTF-8 text");
}

TEST(Yaml, RefusesAFileOverTheLimits) {
    EXPECT_EQ(refusal(std::string(kYamlSizeMaxBytes + 1, ' ')),
              "a.yaml: the file is too large (expected at most 16 MiB)");
    for (const std::string& deep :
         {repeated("[", kYamlDepthMax + 1) + repeated("]", kYamlDepthMax + 1),
          repeated("- ", 100'000), repeated("[", 100'000)})
        EXPECT_EQ(refusal(deep),
                  "a.yaml:1: lists and mappings stand in each other too deep (expected at most 64 "
                  "levels)");
    EXPECT_EQ(refusal(repeated("--- a\n", kYamlDocumentsMax + 1)),
              "a.yaml:200001: the file has too many documents (expected at most 200000)");
}

TEST(Yaml, RefusesAliasesThatGrowWithoutBound) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1) + ", ";
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before, 9) +
                "*a" + std::to_string(i - 1) + "]\n";
    }
    EXPECT_NE(refusal(text).find("the file has more than 1000000 values"), std::string::npos);
}

}  // namespace
}  // namespace flatlan::lab
