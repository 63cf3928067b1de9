#include "overlay/pod/container/image_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace flatlan::pod {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const ImageConfig kImage{.entrypoint = {"/entry"}, .arguments = {"$(A)"}, .working_dir = "/srv"};

// The table of Kubernetes' documentation, "Define a Command and Arguments for a Container".
TEST(ImageWords, AreReplacedByTheManifests) {
    const auto words = [](std::vector<std::string> command, std::vector<std::string> args) {
        const ContainerSpec spec{
            .name = "c", .command = std::move(command), .args = std::move(args)};
        ContainerSpec whole = with_image_words(spec, kImage);
        whole.command.insert(whole.command.end(), whole.args.begin(), whole.args.end());
        return whole.command;
    };
    EXPECT_THAT(words({}, {}), ElementsAre("/entry", "$$(A)"));
    EXPECT_THAT(words({"own"}, {}), ElementsAre("own"));
    EXPECT_THAT(words({}, {"arg"}), ElementsAre("/entry", "arg"));
    EXPECT_THAT(words({"own"}, {"arg"}), ElementsAre("own", "arg"));
}

TEST(ImageWords, GiveTheFolderWhereTheManifestNamesNone) {
    EXPECT_EQ(with_image_words({.name = "c"}, kImage).working_dir, "/srv");
    EXPECT_EQ(with_image_words({.name = "c", .working_dir = "/own"}, kImage).working_dir, "/own");
}

TEST(ImageWords, NameSignalsInThreeWays) {
    EXPECT_EQ(signal_from_text("SIGQUIT"), SIGQUIT);
    EXPECT_EQ(signal_from_text("TERM"), SIGTERM);
    EXPECT_EQ(signal_from_text("9"), SIGKILL);
    for (const char* none : {"", "0", "-1", "99999", "SIGNO", "quit"})
        EXPECT_EQ(signal_from_text(none), std::nullopt) << none;
}

}  // namespace
}  // namespace flatlan::pod
