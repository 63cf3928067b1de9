#include "overlay/pod/image/unpack.hpp"

#include <gtest/gtest.h>

#include <iterator>

#include "overlay/pod/image/image_user.hpp"
#include "tests/unit/overlay/pod/image/test_layout.hpp"

namespace flatlan::pod {
namespace {

namespace fs = std::filesystem;

class Unpack : public testing::Test {
protected:
    Result<void> add(const TarText& archive) {
        const std::string text = archive.text();
        const std::string file = (layers_.path() / digest_of(text)).string();
        std::ofstream{file, std::ios::binary} << text;
        auto unpacker = Unpacker::open(root(), Owners::ourselves);
        if (!unpacker) return std::move(unpacker).error();
        return unpacker.value().add({{file, digest_of(text), text.size()}, LayerFormat::tar});
    }
    std::string root() const { return root_.path().string(); }
    std::string text(const std::string& path) const {
        std::ifstream file{root() + "/" + path};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    bool is_there(const std::string& path) const {
        return fs::exists(fs::symlink_status(root() + "/" + path));
    }

    support::TemporaryFolder root_;
    support::TemporaryFolder layers_;
};

TEST_F(Unpack, PutsOneLayerOverTheOther) {
    ASSERT_TRUE(add(TarText{}.folder("d").file("d/a", "old").file("d/b", "stays")));
    ASSERT_TRUE(add(TarText{}.file("./d/a", "new").file("e/f/g", "g").link("l", "d/b")));
    EXPECT_EQ(text("d/a"), "new");
    EXPECT_EQ(text("d/b"), "stays");
    EXPECT_EQ(text("e/f/g"), "g");
    EXPECT_EQ(text("l"), "stays");
}

TEST_F(Unpack, MakesTheFolderThatALinkOnTheWaySays) {
    ASSERT_TRUE(add(TarText{}.folder("var").link("var/run", "/run").file("var/run/x", "1")));
    EXPECT_EQ(text("run/x"), "1");
    ASSERT_TRUE(add(TarText{}.link("var/a", "b").link("var/b", "../c/d").file("var/a/e/y", "2")));
    EXPECT_EQ(text("c/d/e/y"), "2");
    EXPECT_TRUE(fs::is_symlink(root() + "/var/run"));
}

TEST_F(Unpack, RefusesLinksInALoop) {
    EXPECT_FALSE(add(TarText{}.link("a", "b").link("b", "a").file("a/x", "1")));
    EXPECT_FALSE(add(TarText{}.link("c", "new/../c").file("c/x", "1")));
    EXPECT_FALSE(add(TarText{}.link("d", "/../../nowhere/../d/e").file("d/x", "1")));
}

TEST_F(Unpack, MakesHardLinksOfOneFile) {
    ASSERT_TRUE(add(TarText{}.file("a", "x").add("b", '1', {}, "a")));
    EXPECT_EQ(fs::hard_link_count(root() + "/b"), 2U);
}

TEST_F(Unpack, HidesWhatAWhiteoutNames) {
    ASSERT_TRUE(add(TarText{}.file("d/a", "1").file("d/b", "2").file("t/u/v", "3")));
    ASSERT_TRUE(add(TarText{}.file("d/.wh.a", "").file(".wh.t", "").file(".wh.no", "")));
    EXPECT_FALSE(is_there("d/a"));
    EXPECT_TRUE(is_there("d/b"));
    EXPECT_FALSE(is_there("t"));
    EXPECT_FALSE(is_there("d/.wh.a"));
}

TEST_F(Unpack, HidesWhatIsBelowAnOpaqueFolderButNotWhatTheLayerBrings) {
    ASSERT_TRUE(add(TarText{}.file("d/a", "1").file("d/s/b", "2")));
    ASSERT_TRUE(add(TarText{}.file("d/s/new", "3").file("d/.wh..wh..opq", "")));
    EXPECT_FALSE(is_there("d/a"));
    EXPECT_FALSE(is_there("d/s/b"));
    EXPECT_EQ(text("d/s/new"), "3");
}

TEST_F(Unpack, PutsAFolderInAFilesPlaceAndTheOtherWayRound) {
    ASSERT_TRUE(add(TarText{}.file("a", "1").file("b/c", "2")));
    ASSERT_TRUE(add(TarText{}.folder("a").file("a/x", "3").file("b", "4")));
    EXPECT_EQ(text("a/x"), "3");
    EXPECT_EQ(text("b"), "4");
}

// Whatever ways out an archive has: nothing outside of the folder is written or removed.
TEST_F(Unpack, LeavesEverythingOutsideAlone) {
    const support::TemporaryFolder outside;
    const std::string there = outside.path().string();
    std::ofstream{there + "/kept"} << "kept";
    ASSERT_TRUE(add(TarText{}.link("out", there).link("up", "../../../../../../..")));
    static_cast<void>(add(TarText{}.file("out/written", "x")));
    static_cast<void>(add(TarText{}.file("out/.wh.kept", "")));
    static_cast<void>(add(TarText{}.file("out/.wh..wh..opq", "")));
    static_cast<void>(add(TarText{}.file("up" + there + "/written", "x")));
    static_cast<void>(add(TarText{}.file("../../../../../../.." + there + "/written", "x")));
    static_cast<void>(add(TarText{}.add("hard", '1', {}, "out/kept")));
    EXPECT_FALSE(add(TarText{}.file("a/..", "x")));
    EXPECT_FALSE(fs::exists(there + "/written"));
    EXPECT_EQ(fs::hard_link_count(there + "/kept"), 1U);
}

TEST_F(Unpack, RefusesALayerThatIsNotAsItsDigestSays) {
    const std::string archive = TarText{}.file("a", "x").text();
    const std::string file = (layers_.path() / "layer").string();
    std::ofstream{file, std::ios::binary} << archive;
    auto unpacker = Unpacker::open(root(), Owners::ourselves);
    ASSERT_TRUE(unpacker);
    EXPECT_FALSE(
        unpacker.value().add({{file, std::string(64, '0'), archive.size()}, LayerFormat::tar}));
}

TEST_F(Unpack, FindsTheUserOfAnImageInItsOwnFiles) {
    ASSERT_TRUE(add(TarText{}
                        .file("etc/passwd", "root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n")
                        .file("etc/group", "root:x:0:\nstaff:x:50:web\n")));
    EXPECT_EQ(find_image_user(root(), "").value(), (ImageUser{0, 0}));
    EXPECT_EQ(find_image_user(root(), "web").value(), (ImageUser{33, 34}));
    EXPECT_EQ(find_image_user(root(), "33").value(), (ImageUser{33, 34}));
    EXPECT_EQ(find_image_user(root(), "web:staff").value(), (ImageUser{33, 50}));
    EXPECT_EQ(find_image_user(root(), "1000").value(), (ImageUser{1000, 0}));
    EXPECT_EQ(find_image_user(root(), "1000:7").value(), (ImageUser{1000, 7}));
    EXPECT_FALSE(find_image_user(root(), "nobody-of-here"));
    EXPECT_FALSE(find_image_user(root(), "web:no-such-group"));
}

}  // namespace
}  // namespace flatlan::pod
