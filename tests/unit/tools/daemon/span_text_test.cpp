#include "tools/daemon/span_text.hpp"

#include <gtest/gtest.h>

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

TEST(SpanText, ReadsUnitsFromTheLargestOn) {
    EXPECT_EQ(span_from_text("90s").value(), 90s);
    EXPECT_EQ(span_from_text("15m").value(), 15min);
    EXPECT_EQ(span_from_text("1h30m").value(), 90min);
    EXPECT_EQ(span_from_text("2d1s").value(), 48h + 1s);
}

TEST(SpanText, RefusesWhatIsNoSpan) {
    for (const char* const text : {"", "0s", "90", "s", "-1s", "1s1h", "1h1h", "1.5h", "1w", "1h ",
                                   "99999999999999999999d", "36600d", "3155760001s"})
        EXPECT_EQ(span_from_text(text).has_value(), false) << text;
}

TEST(SpanText, SaysTheTwoLargestUnits) {
    EXPECT_EQ(span_text(90s), "1m30s");
    EXPECT_EQ(span_text(48h + 1min + 1s), "2d1m");
    EXPECT_EQ(span_text(90min), "1h30m");
    EXPECT_EQ(span_text(0s), "0s");
}

}  // namespace
}  // namespace flatlan::daemon
