#include "overlay/linux/mount_info.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

TEST(UnescapeMountPath, ReadsWhatTheKernelWrites) {
    EXPECT_EQ(unescape_mount_path("/run/netns/blue"), "/run/netns/blue");
    EXPECT_EQ(unescape_mount_path("/a\\040b\\011c\\012d\\134e"), "/a b\tc\nd\\e");
    EXPECT_EQ(unescape_mount_path("/a\\134040b"), "/a\\040b");
    EXPECT_EQ(unescape_mount_path(""), "");
}

TEST(UnescapeMountPath, LeavesWhatIsNoEscape) {
    for (const auto* text : {"\\", "/a\\", "/a\\04", "/a\\9990", "/a\\x40"})
        EXPECT_EQ(unescape_mount_path(text), text);
}

}  // namespace
}  // namespace flatlan
