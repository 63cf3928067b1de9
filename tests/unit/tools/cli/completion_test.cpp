#include "tools/cli/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/cli/fake_labs.hpp"

namespace flatlan::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class Complete : public testing::Test {
protected:
    Complete() { labs.running = {lab_of("small", 2, 2), lab_of("large", 3, 30)}; }

    std::vector<std::string> offered(std::vector<std::string> words) {
        const std::vector<Verb> verbs = make_verbs(labs);
        const Candidates candidates = complete(verbs, labs, words);
        files = candidates.files;
        std::vector<std::string> out;
        for (const Candidate& candidate : candidates.words)
            out.push_back(candidate.word);
        return out;
    }
    FakeLabs labs;
    bool files = false;
};

TEST_F(Complete, OffersTheVerbs) {
    EXPECT_THAT(offered({""}), IsSupersetOf({"up", "down", "ps", "help"}));
    EXPECT_THAT(offered({""}), Not(Contains("__complete")));
    EXPECT_THAT(offered({"do"}), ElementsAre("down", "doctor"));
    EXPECT_THAT(offered({"help", "do"}), ElementsAre("down", "doctor"));
}

TEST_F(Complete, OffersAVerbsOptionsAndTheirChoices) {
    EXPECT_THAT(offered({"ps", "--"}), ElementsAre("--tunnels", "--lab", "--output", "--help"));
    EXPECT_THAT(offered({"ps", "--output", ""}), ElementsAre("text", "json"));
    EXPECT_THAT(offered({"ps", "-o", "j"}), ElementsAre("json"));
    EXPECT_THAT(offered({"ps", "--output=j"}), ElementsAre("--output=json"));
    EXPECT_THAT(offered({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(Complete, ReadsAnEqualsSignThatBashHasCutOff) {
    EXPECT_THAT(offered({"ps", "--output", "="}), ElementsAre("text", "json"));
    EXPECT_THAT(offered({"ps", "--output", "=", "j"}), ElementsAre("json"));
}

TEST_F(Complete, OffersFilesWhereAFileStands) {
    EXPECT_THAT(offered({"up", "la"}), IsEmpty());
    EXPECT_TRUE(files);
    offered({"ps", ""});
    EXPECT_FALSE(files);
}

TEST_F(Complete, OffersTheLabsThatRun) {
    EXPECT_THAT(offered({"down", ""}), ElementsAre("small", "large"));
    EXPECT_THAT(offered({"ps", "l"}), ElementsAre("large"));
    EXPECT_THAT(offered({"exec", "--lab", ""}), ElementsAre("small", "large"));
}

TEST_F(Complete, OffersThePodsAndNodesOfTheLabThatIsMeant) {
    EXPECT_THAT(offered({"exec", ""}), IsEmpty()) << "two labs run and none was named";
    EXPECT_THAT(offered({"exec", "--lab", "small", ""}),
                ElementsAre("pod-1", "pod-2", "node/n1", "node/n2", "underlay"));
    EXPECT_THAT(offered({"exec", "--lab=large", "pod-3"}), ElementsAre("pod-3", "pod-30"));
    EXPECT_THAT(offered({"exec", "-l", "small", "node/"}), ElementsAre("node/n1", "node/n2"));
}

TEST_F(Complete, OffersPodsAloneWhereANodeWouldBeWrong) {
    EXPECT_THAT(offered({"forw"}), ElementsAre("forward"));
    EXPECT_THAT(offered({"forward", "-l", "small", ""}), ElementsAre("pod-1", "pod-2"));
    EXPECT_THAT(offered({"forward", "pod-1", "8080:80", ""}), Contains("--address"));
    EXPECT_THAT(offered({"forward", "pod-1", "8080:80", "81", "--add"}), ElementsAre("--address"));
}

TEST_F(Complete, LeavesTheCommandToTheShell) {
    EXPECT_THAT(offered({"exec", "pod-1", ""}), ElementsAre("--"));
    EXPECT_THAT(offered({"exec", "pod-1", "--", "/bi"}), IsEmpty());
    EXPECT_TRUE(files);
}

TEST_F(Complete, OffersNothingAfterAVerbThatIsNone) {
    EXPECT_THAT(offered({"explode", ""}), IsEmpty());
    EXPECT_THAT(offered({}), IsEmpty());
}

TEST_F(Complete, TheHiddenVerbPrintsACandidateALine) {
    EXPECT_EQ(run_flatlan(labs, {"__complete", "--", "down", "s"}).out, "small\t2 nodes, 2 pods\n");
    EXPECT_EQ(run_flatlan(labs, {"__complete", "--", "up", ""}).out, ":files\n");
}

}  // namespace
}  // namespace flatlan::cli
