#include "tools/daemon/readiness.hpp"

#include <gmock/gmock.h>

#include "ipam/store/memory_lease_store.hpp"
#include "tools/daemon/node_parts.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A node that has joined a cluster of IPv4 alone and has a block of four addresses.
struct ReadinessTest : testing::Test {
    ReadinessTest() {
        EXPECT_TRUE(store.hold_block(block));
        EXPECT_TRUE(store.serve_block(block));
        common.pools =
            ipam::ClusterPools::from({ipam::PoolSpec::from(block, block.length_bits()).value()})
                .value();
        state.joined = true;
        state.confirmed_at = Instant{} + 1s;
    }
    Readiness judged() {
        leases = store.view().value();
        return judge({.state = state,
                      .leases = leases,
                      .common = common,
                      .published = published,
                      .underlay_lost = underlay_lost,
                      .trouble = trouble,
                      .now = Instant{} + 2s});
    }
    std::string why_not() {
        const Readiness readiness = judged();
        EXPECT_FALSE(readiness.ready);
        return readiness.reason;
    }
    void fill() {
        for (const char* const pod : {"a", "b", "c", "d"})
            EXPECT_TRUE(
                store.allocate(ipam::LeaseKey::from("net", pod, "eth0").value(), {.ipv4 = true}));
    }

    const IpPrefix block = IpPrefix::from_text("10.244.0.0/30").value();
    ipam::MemoryLeaseStore store{
        {.clock = [] { return Instant{}; }, .incarnation = {}, .rules = {}}};
    control::ClusterRecord common =
        preset_cluster({InterfaceName{"eth0"}, IpAddress::from_text("172.31.0.1").value(),
                        LinkMtu{1500}, std::nullopt, false, ""});
    node::NodeState state{.self = {.name = NodeName::from("n1").value(),
                                   .endpoint = IpAddress::from_text("172.31.0.1").value(),
                                   .mac = {},
                                   .overlay = {},
                                   .blocks = {}}};
    std::optional<ipam::PoolView> leases;
    bool published = true;
    bool underlay_lost = false;
    std::string trouble;
};

TEST_F(ReadinessTest, ANodeThatHasAllIsReadyAlsoInTrouble) {
    EXPECT_TRUE(judged().ready);
    EXPECT_EQ(judged().reason, "");
    trouble = "etcd cannot be reached";
    EXPECT_TRUE(judged().ready);
    EXPECT_EQ(judged().reason, trouble);
}

TEST_F(ReadinessTest, WithoutWhatPodsAreAddedByItIsNot) {
    published = false;
    EXPECT_THAT(why_not(), HasSubstr("has not published yet"));
    trouble = "write '/etc/cni/net.d/10-flatlan.conflist': Read-only file system";
    EXPECT_EQ(why_not(), trouble);
}

TEST_F(ReadinessTest, ANodeThatNobodyReachesIsNot) {
    underlay_lost = true;
    trouble = "this machine has lost its address 172.31.0.1";
    EXPECT_EQ(why_not(), trouble);
}

TEST_F(ReadinessTest, ANodeWithBlocksThatHasNotHeardOfTheRegistryWaitsForIt) {
    state.joined = false;
    state.confirmed_at = Instant{};
    EXPECT_EQ(why_not(), "it waits for the registry");
    state.confirmed_at = Instant{} + 1s;
    EXPECT_EQ(why_not(), "it has not joined yet");
    trouble = "there is an interface 'flat0' that is no VXLAN device";
    EXPECT_EQ(why_not(), trouble);
}

TEST_F(ReadinessTest, ANodeWithoutABlockSaysWhetherOneIsFree) {
    ASSERT_TRUE(store.remove_block(block));
    state.joined = false;
    EXPECT_EQ(why_not(), "it has no block yet");
    state.missing.set(IpFamily::ipv4);
    EXPECT_THAT(why_not(), HasSubstr("no IPv4 block of the cluster is free"));
}

TEST_F(ReadinessTest, AFullNodeIsNotReady) {
    fill();
    EXPECT_EQ(why_not(), "it has no IPv4 address left");
    state.missing.set(IpFamily::ipv4);
    EXPECT_EQ(why_not(), "it has no IPv4 address left, and no block of the cluster is free");
}

TEST_F(ReadinessTest, NotConfirmedForTooLongItIsNot) {
    common.offline_max = 500ms;
    EXPECT_THAT(why_not(), HasSubstr("longer than offlineMax"));
    common.offline_max = 5s;
    EXPECT_TRUE(judged().ready);
}

}  // namespace
}  // namespace flatlan::daemon
