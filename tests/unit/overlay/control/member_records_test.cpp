#include "overlay/control/member_records.hpp"

#include <gtest/gtest.h>

namespace flatlan::control {
namespace {

TEST(MemberRecords, AreReadAsTheyWereWritten) {
    for (const bool whole : {true, false}) {
        const EpochRecord epoch{.number = 7, .registry = 0xffff'ffff'ffff'ffff, .whole = whole};
        EXPECT_EQ(epoch_from_record(to_record(epoch)).value(), epoch);
    }
    for (const RollState state : {RollState::awaited, RollState::published, RollState::removed}) {
        const RollRecord entry{.epoch = 7, .state = state};
        EXPECT_EQ(roll_from_record(to_record(entry)).value(), entry);
    }
    EXPECT_EQ(alive_record(ipam::Incarnation{5}), "flatlan alive 1\nincarnation 5\n");
}

TEST(MemberRecords, RefuseOtherWordsAndNewerVersions) {
    EXPECT_EQ(roll_from_record("flatlan roll 1\nepoch 1\nstate lost\n").error().code(),
              ErrorCode::corrupt);
    EXPECT_EQ(
        epoch_from_record("flatlan epoch 1\nnumber 1\nregistry 1\nclaims some\n").error().code(),
        ErrorCode::corrupt);
    EXPECT_EQ(epoch_from_record("flatlan epoch 2\n").error().code(), ErrorCode::unsupported);
}

TEST(MemberKeys, LieUnderTheClustersRoot) {
    const MemberKeys keys{RecordKeys{LabName::from("lab").value()}};
    EXPECT_EQ(keys.epoch(), "/flatlan/v1/lab/epoch");
    EXPECT_EQ(keys.roll(NodeName::from("n1").value()), "/flatlan/v1/lab/roll/n1");
    EXPECT_EQ(keys.alive(NodeName::from("n1").value()), "/flatlan/v1/lab/alive/n1");
}

}  // namespace
}  // namespace flatlan::control
