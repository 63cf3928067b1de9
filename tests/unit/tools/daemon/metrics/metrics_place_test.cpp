#include "tools/daemon/metrics/metrics_place.hpp"

#include <gtest/gtest.h>

namespace flatlan::daemon {
namespace {

TEST(MetricsPlace, IsWrittenAsItWasRead) {
    for (const char* const text :
         {"127.0.0.1:9400", "[::1]:1", "10.0.0.1:65535", "unix:/run/flatlan/metrics.sock"}) {
        const auto place = metrics_place_from_text(text);
        ASSERT_TRUE(place) << place.error().to_string();
        EXPECT_EQ(to_string(place.value()), text);
    }
}

TEST(MetricsPlace, KnowsWhatOtherMachinesReach) {
    for (const char* const text : {"127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "unix:/m"})
        EXPECT_TRUE(is_of_this_machine(metrics_place_from_text(text).value())) << text;
    for (const char* const text :
         {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[fd00::1]:1", "[::2]:1", "[::ffff:127.0.0.1]:1"})
        EXPECT_FALSE(is_of_this_machine(metrics_place_from_text(text).value())) << text;
}

TEST(MetricsPlace, SaysWhatIsWrongWithAnyOtherText) {
    for (const auto& [text, reason] : {std::pair{"", "has no port"},
                                       {"9400", "has no port"},
                                       {":9400", "has no IP address before its port"},
                                       {"localhost:9400", "has no IP address before its port"},
                                       {"::1:9400", "has no IP address before its port"},
                                       {"[127.0.0.1]:9400", "has no IP address before its port"},
                                       {"127.0.0.1:", "has no port from 1 to 65535"},
                                       {"127.0.0.1:0", "has no port from 1 to 65535"},
                                       {"127.0.0.1:65536", "has no port from 1 to 65535"},
                                       {"127.0.0.1:94x", "has no port from 1 to 65535"},
                                       {"unix:metrics.sock", "names no absolute path"}}) {
        const auto place = metrics_place_from_text(text);
        ASSERT_FALSE(place) << text;
        EXPECT_EQ(place.error().to_string(),
                  "'" + std::string{text} + "' " + reason +
                      " (expected ADDRESS:PORT such as 127.0.0.1:9400 or [::1]:9400, or "
                      "unix:/PATH)");
    }
}

}  // namespace
}  // namespace flatlan::daemon
