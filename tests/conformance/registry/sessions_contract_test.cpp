// Sessions: what is written under one goes with it.
#include <gmock/gmock.h>

#include "tests/conformance/registry/registry_contract.hpp"

namespace flatlan::registry {
namespace {

using testing::ElementsAre;

TEST_P(RegistryContract, ASessionThatIsNotKeptAliveTakesItsRecordsAway) {
    const SessionId session = registry().open_session(kTimeToLive).value();
    const auto watch = registry().watch("s/", registry().state().value().revision, {}).value();
    ASSERT_TRUE(registry().put("s/a", "1", Revision{}, session));
    ASSERT_TRUE(registry().put("s/b", "1", Revision{}, session));
    ASSERT_TRUE(registry().put("s/c", "1", Revision{}));
    EXPECT_EQ(registry().get("s/a").value()->session, session);
    EXPECT_THAT(take(*watch, 3), ElementsAre("+s/a=1", "+s/b=1", "+s/c=1"));
    testbed().let_pass(kTimeToLive);
    EXPECT_THAT(take(*watch, 2), testing::UnorderedElementsAre("-s/a", "-s/b"));
    EXPECT_EQ(registry().list("s/", "", 10).value().records.size(), 1U);
    EXPECT_EQ(registry().keep_alive(session).error().code(), ErrorCode::not_found);
    EXPECT_EQ(registry().put("s/d", "1", Revision{}, session).error().code(), ErrorCode::not_found);
}

TEST_P(RegistryContract, ASessionThatIsKeptAliveLives) {
    const SessionId session = registry().open_session(kTimeToLive).value();
    ASSERT_TRUE(registry().put("s/a", "1", Revision{}, session));
    for (int i = 0; i < 6; ++i) {
        testbed().let_pass(kTimeToLive / 4);
        ASSERT_TRUE(registry().keep_alive(session)) << i;
    }
    EXPECT_TRUE(registry().get("s/a").value());
}

TEST_P(RegistryContract, ARecordThatIsWrittenWithoutTheSessionOutlivesIt) {
    const SessionId session = registry().open_session(kTimeToLive).value();
    const auto written = registry().put("s/a", "1", Revision{}, session).value();
    ASSERT_TRUE(registry().put("s/b", "1", Revision{}, session));
    ASSERT_TRUE(registry().put("s/a", "2", written));
    ASSERT_TRUE(registry().close_session(session));
    EXPECT_TRUE(registry().close_session(session)) << "closing twice is no failure";
    EXPECT_EQ(registry().get("s/a").value()->value, "2");
    EXPECT_EQ(registry().get("s/b").value(), std::nullopt);
}

}  // namespace
}  // namespace flatlan::registry
