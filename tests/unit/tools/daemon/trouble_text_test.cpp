#include "tools/daemon/trouble_text.hpp"

#include <gmock/gmock.h>

namespace flatlan::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TroubleText, SaysWhatWorksWithoutTheRegistryAndWhatDoesNot) {
    const Error away{ErrorCode::unavailable, "etcd cannot be reached"};
    EXPECT_THAT(
        trouble_text(away, true, true),
        AllOf(HasSubstr("etcd cannot be reached; meanwhile"),
              HasSubstr("gives addresses of its own blocks"), HasSubstr("claims no block")));
    EXPECT_EQ(trouble_text(away, false, true), "etcd cannot be reached");
}

// offlineMax has passed: flatlan-cni refuses ADD.
TEST(TroubleText, DoesNotSayThatANodeGivesAddressesThatMayNot) {
    const Error away{ErrorCode::unavailable, "etcd cannot be reached"};
    EXPECT_EQ(trouble_text(away, true, false),
              "etcd cannot be reached; meanwhile this node reaches the nodes that it knows, but "
              "gives no address, claims no block, and no node joins or is removed");
}

TEST(TroubleText, SaysNoMoreOfOtherTrouble) {
    const Error damaged{ErrorCode::corrupt, "database 'x' is damaged"};
    EXPECT_THAT(trouble_text(damaged, true, true), Not(HasSubstr("meanwhile")));
}

}  // namespace
}  // namespace flatlan::daemon
