#include "ipam/lease.hpp"

#include <gtest/gtest.h>

namespace flatlan::ipam {
namespace {

TEST(LeaseKey, KeepsItsParts) {
    const auto key = LeaseKey::from("flat", "4f5e.a_b-c", "eth0").value();
    EXPECT_EQ(key.text(), "flat/4f5e.a_b-c/eth0");
    EXPECT_EQ(key.network(), "flat");
    EXPECT_EQ(key.container(), "4f5e.a_b-c");
    EXPECT_EQ(key.interface(), "eth0");
    EXPECT_FALSE(key.is_node());
    EXPECT_EQ(LeaseKey::from_text(key.text()).value(), key);
}

TEST(LeaseKey, OfANodeIsNoPodsKey) {
    const auto key = LeaseKey::of_node(NodeName::from("n1").value());
    EXPECT_TRUE(key.is_node());
    EXPECT_EQ(key.node(), "n1");
    EXPECT_EQ(key.container(), "");
    EXPECT_EQ(LeaseKey::from_text(key.text()).value(), key);
}

TEST(LeaseKey, RefusesWhatCouldBeReadInTwoWays) {
    for (const std::string bad : {"", "a/b", "/a", ".a", "a b", "node:x", "a\n"}) {
        EXPECT_FALSE(LeaseKey::from(bad, "c", "eth0")) << bad;
        EXPECT_FALSE(LeaseKey::from("n", bad, "eth0")) << bad;
    }
    EXPECT_FALSE(LeaseKey::from("n", std::string(256, 'a'), "eth0"));
    EXPECT_TRUE(LeaseKey::from("n", std::string(255, 'a'), "eth0"));
    for (const auto* bad : {"", "a/b", "a:b", "sixteen-letters-", ".."})
        EXPECT_FALSE(LeaseKey::from("n", "c", bad)) << bad;
}

TEST(LeaseKey, RefusesTextThatIsNoKey) {
    for (const auto* bad : {"", "a", "a/b", "a/b/c/d", "/b/c", "node:", "node:A", "node:a/b"})
        EXPECT_FALSE(LeaseKey::from_text(bad)) << bad;
}

}  // namespace
}  // namespace flatlan::ipam
