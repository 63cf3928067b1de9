#include "tunnel/wire/drop_reason.hpp"

#include <gtest/gtest.h>

#include <set>

namespace flatlan::tunnel {
namespace {

TEST(DropReason, EachHasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < kDropReasons; ++i)
        words.insert(to_string(static_cast<DropReason>(i)));
    EXPECT_EQ(words.size(), kDropReasons);
    EXPECT_EQ(to_string(DropReason::truncated), "truncated");
    EXPECT_EQ(to_string(DropReason::unknown_endpoint), "unknown_endpoint");
    EXPECT_EQ(to_string(DropReason::not_delivered), "not_delivered");
}

}  // namespace
}  // namespace flatlan::tunnel
