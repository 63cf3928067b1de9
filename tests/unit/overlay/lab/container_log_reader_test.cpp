#include "overlay/lab/container_log_reader.hpp"

#include <gtest/gtest.h>

namespace flatlan::lab {
namespace {

TEST(LogLine, IsReadOfItsText) {
    const auto line = LogLine::from_text("2026-01-31T09:30:00.123456789Z stderr P a b ");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->time, "2026-01-31T09:30:00.123456789Z");
    EXPECT_EQ(line->stream, "stderr");
    EXPECT_EQ(line->text, "a b ");
    EXPECT_TRUE(line->goes_on);
    EXPECT_EQ(LogLine::from_text("2026-01-31T09:30:00.123456789Z stdout F ")->text, "");
}

TEST(LogLine, IsNoneWhereTheTextIsCutOff) {
    for (const char* text : {"", "2026", "2026 stdout", "2026 stdout F", "2026 stdout "})
        EXPECT_FALSE(LogLine::from_text(text)) << text;
}

}  // namespace
}  // namespace flatlan::lab
