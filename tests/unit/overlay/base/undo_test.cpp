#include "overlay/base/undo.hpp"

#include <gtest/gtest.h>

#include <string>

#include "overlay/base/result.hpp"

namespace flatlan {
namespace {

/// Three steps of which the one called `broken` fails; what was done is undone, last first.
Result<void> build(std::string& log, char broken) {
    const auto step = [&](char name) -> Result<void> {
        if (name == broken) return Error{ErrorCode::system, std::string{"no "} + name};
        log += name;
        return success();
    };
    FLATLAN_TRY_VOID(step('a'));
    Undo undo_a{[&] { log += 'A'; }};
    FLATLAN_TRY_VOID(step('b'));
    Undo undo_b{[&] { log += 'B'; }};
    FLATLAN_TRY_VOID(step('c'));
    undo_b.disarm();
    undo_a.disarm();
    return success();
}

TEST(Undo, LeavesWhatWentWell) {
    std::string log;
    EXPECT_TRUE(build(log, 'x'));
    EXPECT_EQ(log, "abc");
}

TEST(Undo, TakesBackWhatWasDoneLastFirst) {
    const std::pair<char, const char*> table[] = {{'a', ""}, {'b', "aA"}, {'c', "abBA"}};
    for (const auto& [broken, expected] : table) {
        std::string log;
        EXPECT_FALSE(build(log, broken));
        EXPECT_EQ(log, expected) << broken;
    }
}

}  // namespace
}  // namespace flatlan
