#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "overlay/base/prng.hpp"
#include "overlay/lab/lab_file.hpp"
#include "overlay/lab/lab_plan.hpp"
#include "tests/support/rounds.hpp"

namespace flatlan::lab {
namespace {

std::vector<std::string> seeds() {
    std::vector<std::string> texts;
    for (const char* name : {"three-nodes", "single-node", "dual-stack"}) {
        std::ifstream file{std::filesystem::path{FLATLAN_EXAMPLES} / (std::string{name} + ".yaml")};
        std::ostringstream text;
        text << file.rdbuf();
        texts.push_back(text.str());
    }
    texts.push_back(
        "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: &s\n  nodes: [{name: a}]\n"
        "---\napiVersion: v1\nkind: List\nitems:\n- &p {apiVersion: v1, kind: Pod, metadata: "
        "{name: x}}\n- {<<: *p, metadata: {name: \"y\"}, spec: {nodeName: a, containers: "
        "[{name: c}]}}\n");
    return texts;
}

/// Changes the text in one place: an octet, a run that goes or comes twice, a word of YAML or of
/// ours.
void mutate(std::string& text, Prng& prng) {
    static constexpr std::array<std::string_view, 24> kWords{
        "---\n", "\n",   "\t", "  ", "- ",  ": ",     "? ", "[",     "]",  "{",   "}", "&a ",
        "*a",    "<<: ", "'",  "\"", "|\n", "!!str ", "#",  "nodes", "-1", "1e9", "~", "\xff"};
    if (text.empty()) text = "a";
    const std::size_t at = prng.below(text.size());
    const std::size_t run = 1 + prng.below(std::min<std::size_t>(40, text.size() - at));
    switch (prng.below(4)) {
        case 0:
            text[at] = static_cast<char>(prng.below(256));
            return;
        case 1:
            text.erase(at, run);
            return;
        case 2:
            text.insert(prng.below(text.size()), text.substr(at, run));
            return;
        default:
            text.insert(at, kWords[prng.below(kWords.size())]);
    }
}

// Whatever a file says, there is an answer: a lab that keeps what LabSpec promises, or one message.
TEST(LabFileMutation, EndsInALabOrInOneMessage) {
    const auto texts = seeds();
    const std::uint64_t rounds = support::rounds("lab file: mutated texts", 200'000, 4'000);
    std::uint64_t labs = 0;
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        std::string text = texts[prng.below(texts.size())];
        for (std::uint64_t count = 1 + prng.below(4); count > 0; --count)
            mutate(text, prng);

        const auto lab = parse_lab_file(text, "lab.yaml");
        if (!lab) {
            ASSERT_EQ(lab.error().code(), ErrorCode::invalid_argument) << text;
            ASSERT_FALSE(lab.error().text().empty()) << text;
            ASSERT_TRUE(lab.error().where().starts_with("lab.yaml")) << text;
            ASSERT_EQ(lab.error().to_string().find('\n'), std::string::npos) << text;
            continue;
        }
        ++labs;
        ASSERT_FALSE(lab.value().spec.nodes.empty());
        ASSERT_FALSE(lab.value().spec.pod_cidrs.empty());
        const auto plan = plan_lab(lab.value().spec);
        if (plan) {
            ASSERT_EQ(plan.value().pods.size(), lab.value().spec.pods.size());
        }
    }
    EXPECT_GT(labs, rounds / 100) << "so many mutations leave a lab that the rest was reached";
}

}  // namespace
}  // namespace flatlan::lab
