#include "tools/daemon/api/trace_answer.hpp"

#include <gtest/gtest.h>

#include "tools/trace/answer.hpp"

namespace flatlan::daemon {
namespace {

const trace::TraceReport kReport{
    .from = "node/n1", .to = "node/n2", .family = IpFamily::ipv4, .protocol = probe::Protocol::udp};

TEST(TraceAnswer, IsTheReportAlone) {
    const std::string json = to_json(trace::TraceAnswer{kReport});
    EXPECT_EQ(json, trace::report_json(kReport));
    const auto read = trace_answer_from_json(json, false);
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(to_json(read.value()), json);
}

TEST(TraceAnswer, HasItsCapture) {
    const std::vector<std::byte> capture{std::byte{0}, std::byte{255}};
    const std::string json = to_json({kReport, capture});
    const auto read = trace_answer_from_json(json, true);
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read.value().capture, capture);
    EXPECT_EQ(to_json(read.value()), json);
}

TEST(TraceAnswer, SaysThatAnOlderDaemonKeepsNone) {
    const auto read = trace_answer_from_json(trace::report_json(kReport), true);
    EXPECT_EQ(read.error().code(), ErrorCode::unsupported);
}

TEST(TraceAnswer, IsNothingElse) {
    for (const char* const wrong :
         {"", "[]", "null", R"({"report": {}, "capture": ""})", R"({"report": 1, "capture": "00"})",
          R"({"capture": "00"})", R"({"report": {}, "capture": 1})"})
        EXPECT_FALSE(trace_answer_from_json(wrong, true)) << wrong;
    std::string broken = to_json({kReport, {std::byte{1}}});
    broken.replace(broken.find("\"01\""), 4, "\"0g\"");
    EXPECT_EQ(trace_answer_from_json(broken, true).error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace flatlan::daemon
