#include "overlay/pod/image/image_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/overlay/pod/image/test_layout.hpp"

namespace flatlan::pod {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string tagged(const std::string& descriptor, const std::string& tag) {
    return descriptor + R"(,"annotations":{"org.opencontainers.image.ref.name":")" + tag + "\"}";
}

TEST(ImageLayout, SaysWhatRunsAndOfWhichLayers) {
    const TestLayout files;
    files.write_index({files.add_image(
        {TarText{}.text(), TarText{}.file("a", "b").text()},
        R"({"Entrypoint":["/run"],"Cmd":["-v"],"Env":["A=1"],"WorkingDir":"/srv","User":"7:8",)"
        R"("StopSignal":"SIGQUIT"})")});
    const auto layout = read_image_layout(files.path());
    ASSERT_TRUE(layout) << layout.error().to_string();
    const ImageConfig& config = layout.value().config;
    EXPECT_THAT(config.entrypoint, ElementsAre("/run"));
    EXPECT_THAT(config.arguments, ElementsAre("-v"));
    EXPECT_THAT(config.environment, ElementsAre("A=1"));
    EXPECT_EQ(config.working_dir, "/srv");
    EXPECT_EQ(config.user, "7:8");
    EXPECT_EQ(config.stop_signal, "SIGQUIT");
    EXPECT_EQ(layout.value().layers.size(), 2U);
}

TEST(ImageLayout, TakesTheTagThatIsNamed) {
    const TestLayout files;
    files.write_index({tagged(files.add_image({}, R"({"Cmd":["one"]})"), "v1"),
                       tagged(files.add_image({}, R"({"Cmd":["two"]})"), "v2")});
    EXPECT_THAT(read_image_layout(files.path() + ":v2").value().config.arguments,
                ElementsAre("two"));
    const auto several = read_image_layout(files.path());
    ASSERT_FALSE(several);
    EXPECT_THAT(several.error().expected(), HasSubstr("v1, v2"));
    const auto none = read_image_layout(files.path() + ":v3");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), ErrorCode::not_found);
}

TEST(ImageLayout, TakesTheImageForThisMachine) {
    const TestLayout files;
    const auto other = R"(,"platform":{"architecture":"pdp11","os":"linux"})";
    files.write_index({files.add_image({}) + other, files.add_image({}, R"({"Cmd":["here"]})")});
    EXPECT_THAT(read_image_layout(files.path()).value().config.arguments, ElementsAre("here"));
    files.write_index({files.add_image({}) + other});
    EXPECT_FALSE(read_image_layout(files.path()));
}

TEST(ImageLayout, RefusesAFileThatIsNotAsItsDigestSays) {
    const TestLayout files;
    files.write_index({files.add_image({})});
    for (const auto& blob : std::filesystem::directory_iterator{files.path() + "/blobs/sha256"})
        std::ofstream{blob.path(), std::ios::app} << ' ';
    const auto layout = read_image_layout(files.path());
    ASSERT_FALSE(layout);
    EXPECT_EQ(layout.error().code(), ErrorCode::corrupt);
}

TEST(ImageLayout, RefusesWhatIsNone) {
    const TestLayout files;
    EXPECT_EQ(read_image_layout(files.path()).error().code(), ErrorCode::not_found);
    for (const char* index : {"", "[", "{}", R"({"manifests":[{}]})", R"({"manifests":7})",
                              R"({"manifests":[{"digest":"sha256:../../x","size":1}]})",
                              R"({"manifests":[{"digest":"md5:aa","size":1}]})"}) {
        std::ofstream{files.path() + "/index.json"} << index;
        EXPECT_FALSE(read_image_layout(files.path())) << index;
    }
}

}  // namespace
}  // namespace flatlan::pod
