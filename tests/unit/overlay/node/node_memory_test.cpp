#include "overlay/node/node_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::node {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const BootId kBoot = BootId::from_text("00000000-0000-0000-0000-000000000001").value();
const BootId kNextBoot = BootId::from_text("00000000-0000-0000-0000-000000000002").value();

NodeMemory sample() {
    return {.registry = {.cluster = 0xffff'ffff'ffff'fff0, .revision = registry::Revision{42}},
            .epoch = 3,
            .members = {NodeName::from("n1").value(), NodeName::from("n2").value()},
            .boot = kBoot,
            .confirmed_at = Instant::from_nanoseconds(1'000'000'000'000)};
}

TEST(NodeMemory, IsReadAsItWasWritten) {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "node.json";
    EXPECT_EQ(load_memory(file).value(), NodeMemory{}) << "a new node remembers nothing";
    ASSERT_TRUE(save_memory(file, sample()));
    EXPECT_EQ(load_memory(file).value(), sample());
}

TEST(NodeMemory, NamesTheFileThatCannotBeRead) {
    const support::TemporaryFolder folder;
    const auto file = folder.path() / "node.json";
    for (const auto* text : {"", "[]", "{", R"({"version": 1})", R"({"version": "1"})"}) {
        std::ofstream{file} << text;
        const auto refused = load_memory(file);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), ErrorCode::corrupt) << text;
        EXPECT_EQ(refused.error().where(), file.string());
    }
    std::ofstream{file} << R"({"version": 2})";
    EXPECT_EQ(load_memory(file).error().code(), ErrorCode::unsupported);
}

TEST(OfflineRules, ANodeGivesAddressesWhileItsConfirmationIsFresh) {
    const OfflineRules rules{.offline_max = 1h, .reclaim_after = {}};
    const NodeMemory memory = sample();
    EXPECT_TRUE(may_give(memory, kBoot, memory.confirmed_at + 1h, rules));
    const auto late = may_give(memory, kBoot, memory.confirmed_at + 1h + 1s, rules);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(late.error().text(), HasSubstr("3601 s ago"));
    EXPECT_EQ(may_give(memory, kNextBoot, memory.confirmed_at, rules).error().code(),
              ErrorCode::unavailable);
    EXPECT_TRUE(may_give(memory, kNextBoot, memory.confirmed_at + 1000h, OfflineRules{}));
}

TEST(OfflineRules, ANodeMustStopBeforeItsBlocksAreTaken) {
    EXPECT_TRUE(check_rules({}));
    EXPECT_TRUE(check_rules({.offline_max = 1h, .reclaim_after = {}}));
    EXPECT_TRUE(check_rules({.offline_max = 1h, .reclaim_after = 2h}));
    EXPECT_FALSE(check_rules({.offline_max = {}, .reclaim_after = 2h}));
    const auto refused = check_rules({.offline_max = 2h, .reclaim_after = 2h});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().text(), HasSubstr("offlineMax 7200 s with reclaimAfter 7200 s"));
}

}  // namespace
}  // namespace flatlan::node
