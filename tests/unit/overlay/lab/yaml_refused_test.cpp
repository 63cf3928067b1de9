#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

// Whole files that are no YAML, or YAML that means nothing.
constexpr RefusedText kWrongYaml[] = {
    {"Tab", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n\tnodes: 3\n",
     "5: the file is not YAML: a tab in the indentation (expected spaces)"},
    {"TabWithinAMapping",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n  nodes: 3\n\tpods: {count: "
     "3}\n",
     "6: the file is not YAML: a tab in the indentation (expected spaces)"},
    {"Unclosed",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n  podCIDRs: [10.244.0.0/16\n  "
     "nodes: 3\n",
     "5: the file is not YAML: a '[' that is never closed (expected ']', or a quotation mark "
     "before it)"},
    {"UnclosedMapping", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: {nodes: 3\n",
     "4: the file is not YAML: a '{' that is never closed (expected '}', or a quotation mark "
     "before it)"},
    {"UnclosedQuotes", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: \"t}\n",
     "3: the file is not YAML: a '{' that is never closed (expected '}', or a quotation mark "
     "before it)"},
    {"ColonInAValue",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n  nodes: a: b\n",
     "5: the file is not YAML: a ':' where no key stands before it (expected one 'KEY: VALUE' a "
     "line, and values with ': ' in quotation marks)"},
    {"WrongIndentation",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n  nodes: 3\n pods: {count: "
     "1}\n",
     "6: the file is not YAML: a line that fits no mapping before it (expected one column for all "
     "keys of a mapping or list)"},
    {"StrayBracket", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n]\n",
     "4: the file is not YAML: a ']' or '}' that closes nothing (expected its opening one before "
     "it)"},
    {"TextAfterADocument", "{apiVersion: flatlan/v1, kind: Lab, metadata: {name: t}} spec\n",
     "1: the file is not YAML: text after the end of a document (expected '---' on a line of its "
     "own between documents)"},
    {"UnknownAlias", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: {nodes: *x}\n",
     "4: the file is not YAML: an alias of nothing (expected an anchor (&NAME) before it)"},
    {"AliasInItsOwnAnchor",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: &a\n  nodes: [*a]\n",
     "5: an alias stands inside its own anchor (expected an anchor that has ended)"},
    {"KeyTwiceInAnyDocument",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web, name: web}\n",
     "7: key 'name' is given twice, first on line 7 (expected each key once)"},
    {"KeyThatIsAList", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: {[a]: 3}\n",
     "4: a list or mapping stands where a key belongs (expected a word)"},
    {"KeyThatIsMissing", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: {: 3}\n",
     "4: a value stands without a key (expected KEY: VALUE)"},
    {"MergeOfNoMapping", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n  <<: 3\n",
     "5: '<<' merges what is no mapping (expected an alias of a mapping, or a list of such)"},
};

class WrongYaml : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongYaml, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(GetParam().text, "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongYaml, testing::ValuesIn(kWrongYaml), name_of);

}  // namespace
}  // namespace flatlan::lab
