// Who may claim while a node begins an epoch: keepers whose calls to the registry interleave.
#include "overlay/node/epoch_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/base/undo.hpp"
#include "tests/support/forwarding_registry.hpp"
#include "tests/unit/overlay/node/keeper_test.hpp"

namespace flatlan::node {
namespace {

using support::Cut;
using support::EmulatedNode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Lets others work when the epoch's record has been written for the first time.
class InterruptedRegistry final : public support::ForwardingRegistry {
public:
    InterruptedRegistry(Registry& target, std::function<void()> interrupt)
        : ForwardingRegistry{target}, interrupt_{std::move(interrupt)} {}
    Result<registry::Revision> put(std::string_view key, std::string_view value,
                                   registry::Revision expected,
                                   registry::SessionId session) override {
        auto written = ForwardingRegistry::put(key, value, expected, session);
        if (interrupt_ && key == control::MemberKeys{support::test_keys()}.epoch())
            std::exchange(interrupt_, {})();
        return written;
    }

private:
    std::function<void()> interrupt_;
};

struct EpochGuardTest : KeeperTest {
    void step_all(int rounds) {
        for (int round = 0; round < rounds; ++round)
            for (auto& node : nodes)
                (void)node->step(now);  // a conflict is over in the next round
    }
    /// One step of the node, in which something happens as soon as it has begun an epoch.
    Result<void> step_interrupted(EmulatedNode& node, std::function<void()> then) {
        InterruptedRegistry interrupted{*registry, std::move(then)};
        node.restart(interrupted);
        const Undo back{[&] { node.restart(*registry); }};
        return node.step(now);
    }
    /// Another registry takes the place of the one that was, with a copy of its records.
    void move_registry() {
        const auto records = registry->list("", "", 1000).value().records;
        lose_registry();
        for (const registry::Record& record : records)
            ASSERT_TRUE(registry->put(record.key, record.value, {}, {}));
    }
    void expect_nothing_lost() {
        for (auto& node : nodes)
            EXPECT_THAT(node->lost(), IsEmpty()) << node->name().text();
        expect_one_owner_each();
    }

    EmulatedNode& one = add("n1");
};

TEST_F(EpochGuardTest, ANewNodeCannotEndAnEpochWhoseBeginnerHasNotYetNamedTheOthers) {
    EmulatedNode& two = add("n2");
    step_all(2);
    const auto blocks_of_two = two.serving();
    lose_registry();
    EmulatedNode& newcomer = add("n3");
    ASSERT_TRUE(step_interrupted(one, [&] { ASSERT_TRUE(newcomer.step(now)); }));
    EXPECT_EQ(epoch()->number, 2U);
    EXPECT_FALSE(epoch()->whole) << "n2 has not published its blocks";
    EXPECT_THAT(newcomer.serving(), IsEmpty());
    step_all(3);
    EXPECT_TRUE(epoch()->whole);
    EXPECT_EQ(two.serving(), blocks_of_two);
    EXPECT_THAT(newcomer.serving(), SizeIs(1));
    expect_nothing_lost();
}

TEST_F(EpochGuardTest, ANodeAloneHasPublishedItsBlocksBeforeANewOneClaims) {
    step_all(1);
    const auto blocks = one.serving();
    lose_registry();
    EmulatedNode& newcomer = add("n2");
    ASSERT_TRUE(step_interrupted(one, [&] { ASSERT_TRUE(newcomer.step(now)); }));
    EXPECT_TRUE(epoch()->whole) << "nobody else is known";
    EXPECT_THAT(newcomer.serving(), IsEmpty());
    step_all(2);
    EXPECT_EQ(one.serving(), blocks);
    EXPECT_THAT(newcomer.serving(), SizeIs(1));
    expect_nothing_lost();
}

TEST_F(EpochGuardTest, AMemberThatKnowsNobodyCannotEndItBeforeTheBeginnerHasNamedTheOthers) {
    step_all(1);
    EmulatedNode& two = add("n2");
    one.connection().cut(Cut::both);  // it hears neither of n2 nor of n3
    EmulatedNode& three = add("n3");
    for (int round = 0; round < 2; ++round)
        for (EmulatedNode* node : {&two, &three})
            ASSERT_TRUE(node->step(now));
    const auto blocks_of_three = three.serving();
    lose_registry();
    ASSERT_TRUE(step_interrupted(two, [&] { ASSERT_TRUE(one.step(now)); }));
    EXPECT_FALSE(epoch()->whole) << "n3 has not published its blocks";
    step_all(3);
    EXPECT_TRUE(epoch()->whole);
    EXPECT_EQ(three.serving(), blocks_of_three);
    expect_nothing_lost();
}

TEST_F(EpochGuardTest, IfTheBeginnerDiesAllWaitForItUntilItComesBack) {
    EmulatedNode& two = add("n2");
    step_all(2);
    lose_registry();
    EmulatedNode& newcomer = add("n3");
    EXPECT_FALSE(step_interrupted(one, [&] { one.connection().cut(Cut::both); }))
        << "it has written the epoch and nobody's name but its own";
    for (int round = 0; round < 3; ++round)
        for (EmulatedNode* node : {&newcomer, &two})
            (void)node->step(now);
    EXPECT_FALSE(epoch()->whole);
    EXPECT_THAT(newcomer.keeper().mirror().awaited(), ElementsAre(one.name()));
    EXPECT_THAT(newcomer.serving(), IsEmpty());
    step_all(3);
    EXPECT_TRUE(epoch()->whole);
    EXPECT_THAT(newcomer.serving(), SizeIs(1));
    expect_nothing_lost();
}

TEST_F(EpochGuardTest, ANewNodeThatFindsACopyInAnotherRegistryWaitsForThoseWhomItNames) {
    EmulatedNode& two = add("n2");
    step_all(2);
    move_registry();
    EmulatedNode& newcomer = add("n3");
    ASSERT_TRUE(newcomer.step(now));
    EXPECT_EQ(epoch()->number, 2U);
    EXPECT_FALSE(epoch()->whole);
    EXPECT_THAT(newcomer.keeper().memory().members, ElementsAre(one.name(), two.name()));
    EXPECT_THAT(newcomer.serving(), IsEmpty());
    step_all(3);
    EXPECT_TRUE(epoch()->whole);
    EXPECT_THAT(newcomer.serving(), SizeIs(1));
    expect_nothing_lost();
}

}  // namespace
}  // namespace flatlan::node
