#include "overlay/base/boot_id.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

TEST(BootId, KeepsItsText) {
    const std::string text = "123e4567-e89b-12d3-a456-426614174000";
    EXPECT_EQ(to_string(BootId::from_text(text).value()), text);
    EXPECT_EQ(BootId::from_text("123E4567-E89B-12D3-A456-426614174000").value(),
              BootId::from_text(text).value());
    EXPECT_NE(BootId::from_text(text).value(), BootId{});
}

TEST(BootId, RefusesWhatIsNoUuid) {
    for (const auto* text :
         {"", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000",
          "123e4567ee89b-12d3-a456-426614174000", "g23e4567-e89b-12d3-a456-426614174000"})
        EXPECT_FALSE(BootId::from_text(text)) << text;
}

}  // namespace
}  // namespace flatlan
