// What happens when the connection breaks.
#include <gmock/gmock.h>

#include "overlay/registry/mirror.hpp"
#include "tests/conformance/registry/registry_contract.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Asks until there is an answer.
template <typename Call>
auto in_the_end(Call call) -> decltype(call()) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    for (;;) {
        auto answer = call();
        if (answer || std::chrono::steady_clock::now() > deadline) return answer;
    }
}

TEST_P(RegistryContract, AWriteThatDoesNotComeThroughSaysWhetherItMayBeDone) {
    const auto written = registry().put("a", "1", Revision{}).value();
    testbed().cut();
    const auto lost = registry().put("a", "2", written);
    testbed().heal();
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().code(), testing::AnyOf(ErrorCode::unavailable, ErrorCode::timed_out));
    const auto now = in_the_end([&] { return registry().get("a"); });
    ASSERT_TRUE(now) << now.error().to_string();
    if (lost.error().code() == ErrorCode::unavailable) {
        EXPECT_EQ(now.value()->value, "1") << "it said that nothing was done";
    }
    const auto again =
        in_the_end([&] { return registry().put("a", "3", registry().get("a").value()->revision); });
    EXPECT_TRUE(again) << again.error().to_string();
}

TEST_P(RegistryContract, AWatchGoesOnAfterTheConnectionBrokeAndLosesNothing) {
    const auto watch = registry().watch("w/", registry().state().value().revision, {}).value();
    ASSERT_TRUE(registry().put("w/a", "1", Revision{}));
    EXPECT_THAT(take(*watch, 1), ElementsAre("+w/a=1"));
    testbed().cut();
    EXPECT_FALSE(registry().put("w/b", "1", Revision{}));
    testbed().heal();
    ASSERT_TRUE(in_the_end([&]() -> Result<void> {  // the cut write may have been done, or be later
        auto put = registry().put("w/b", "2", Revision{});
        if (put || put.error().code() == ErrorCode::conflict) return success();
        return std::move(put).error();
    }));
    ASSERT_TRUE(in_the_end([&] { return registry().put("w/c", "1", Revision{}); }));
    const auto seen = take(*watch, 2);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_THAT(seen[0], testing::AnyOf("+w/b=1", "+w/b=2"));
    EXPECT_EQ(seen[1], "+w/c=1");
}

TEST_P(RegistryContract, AMirrorIsRightAfterACutWithACompactionInIt) {
    Mirror mirror{registry(), "w/"};
    const auto gone = registry().put("w/gone", "1", Revision{}).value();
    ASSERT_TRUE(registry().put("w/kept", "1", Revision{}));
    ASSERT_TRUE(mirror.poll(0s));
    testbed().cut();
    testbed().heal();
    ASSERT_TRUE(in_the_end([&] { return registry().remove("w/gone", gone); }));
    ASSERT_TRUE(in_the_end([&] { return registry().put("w/new", "1", Revision{}); }));
    testbed().compact();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    const auto is_right = [&] {
        return mirror.records().size() == 2 && mirror.records().contains("w/new");
    };
    while (!is_right() && std::chrono::steady_clock::now() < deadline)
        (void)mirror.poll(100ms);
    EXPECT_TRUE(is_right());
}

}  // namespace
}  // namespace flatlan::registry
