#include "tools/daemon/known_paths.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::daemon {
namespace {

TEST(KnownPaths, AreReadAsTheyWereWritten) {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "narrow_paths";
    EXPECT_TRUE(load_paths(file).value().empty()) << "a new node knows none";
    const std::vector<tunnel::PathMtu> paths{{NodeName::from("n2").value(), UnderlayMtu{1404}},
                                             {NodeName::from("n3").value(), UnderlayMtu{1280}}};
    for (const auto& kept : {paths, std::vector<tunnel::PathMtu>{}}) {
        ASSERT_TRUE(save_paths(file, kept));
        EXPECT_EQ(load_paths(file).value(), kept);
    }
}

TEST(KnownPaths, NameTheFileThatCannotBeReadOrWritten) {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "narrow_paths";
    for (const auto* text : {"n2", "n2 many", "n2 12", "N2! 1400", "n2 1400\nn3"}) {
        std::ofstream{file} << text;
        const auto refused = load_paths(file);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
        EXPECT_EQ(refused.error().where(), file.string());
    }
    const auto nowhere = folder.path() / "missing" / "narrow_paths";
    const auto refused = save_paths(nowhere, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find(nowhere.string()), std::string::npos);
}

}  // namespace
}  // namespace flatlan::daemon
