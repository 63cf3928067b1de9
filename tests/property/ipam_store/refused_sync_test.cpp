// A disk that takes what is written and then refuses to sync it: nobody is told that an address is
// its own before the disk has said so.
#include <gmock/gmock.h>

#include "tests/property/ipam_store/crowd.hpp"
#include "tests/support/refuse_syncs.hpp"

namespace flatlan::ipam {
namespace {

using testing::HasSubstr;

struct RefusedSyncTest : CrowdTest {
    RefusedSyncTest() { serve("10.244.0.0/28"); }

    static Crowd::Change without_syncs(const Crowd::Change& change) {
        return [change](SqliteLeaseStore& store, Told& told) {
            support::refuse_syncs();
            change(store, told);
        };
    }
    void expect_refusal(const Told& told) const {
        EXPECT_FALSE(told.succeeded);
        EXPECT_THAT(told.error.data(), HasSubstr(file().string()));
    }
};

TEST_F(RefusedSyncTest, WhatTheDiskDidNotSyncIsNobodysAndItsReleaseMendsIt) {
    Crowd crowd{file()};
    crowd.add(options(), without_syncs(allocates(0)));
    crowd.run();
    expect_refusal(crowd.told(0));
    ASSERT_TRUE(open()->release(key(0)));
    EXPECT_FALSE(lease_of(0));
    ASSERT_TRUE(open()->allocate(key(0), {.ipv4 = true}));
    EXPECT_TRUE(open()->check());
}

TEST_F(RefusedSyncTest, ThoseThatWaitSyncForThemselvesWhenHeWhoServesThemCannot) {
    ASSERT_TRUE(open()->allocate(key(3), {.ipv4 = true}));
    const std::uint32_t released = address_of(3);
    Crowd crowd{file()};
    crowd.add(options(), without_syncs(allocates(0)));
    crowd.add(options(), allocates(1));
    crowd.add(options(), allocates(2));
    crowd.add(options(), releases(3));
    crowd.run();
    expect_refusal(crowd.told(0));
    for (const std::size_t member : {1U, 2U, 3U})
        EXPECT_TRUE(crowd.told(member).succeeded) << crowd.told(member).error.data();
    EXPECT_EQ(crowd.told(1).address, address_of(1));
    EXPECT_EQ(crowd.told(2).address, address_of(2));
    EXPECT_NE(address_of(1), address_of(2));
    EXPECT_EQ(crowd.told(3).address, released);
    EXPECT_FALSE(lease_of(3));
    EXPECT_TRUE(open()->check());
}

}  // namespace
}  // namespace flatlan::ipam
