#include "tests/netns/overlay/node/reconciler_test.hpp"

#include <gmock/gmock.h>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/node/node_removal.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::node {
namespace {

using support::must;
using support::prefix;
using support::test_keys;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(ReconcilerTest, TellsTheTunnelOfTheOthersBlocks) {
    ASSERT_FALSE(backend_.applied.empty());
    EXPECT_THAT(backend_.applied.back(), Contains(other_.serving().front()));
}

TEST_F(ReconcilerTest, KeepsTheWayToANodeWhoseClaimsItsMirrorHasNotYetGotBack) {
    ASSERT_FALSE(backend_.applied.empty());
    backend_.applied.clear();
    lose_all_records();
    step();
    ASSERT_TRUE(reconciler_->state().paused);
    // The other one publishes its blocks after this node's mirror was read and before the epoch
    // is: the node knows that all claims are there again, and its mirror lacks the other's.
    connection_.interrupt(control::MemberKeys{test_keys()}.epoch(), [this] { step_other(); });
    step();
    EXPECT_FALSE(reconciler_->state().paused);
    step();
    EXPECT_THAT(backend_.applied, Each(Contains(other_.serving().front())));
    EXPECT_EQ(reconciler_->state().peers.size(), 1U);
}

TEST_F(ReconcilerTest, TellsWhichPeersAreUsedAndReadsEachPeersCountsOnlyWhenTheirSumChanged) {
    EXPECT_THAT(must(reconciler_->poll_used()), IsEmpty());
    EXPECT_EQ(backend_.readings, 0);
    for (const std::uint64_t sent : {5U, 9U}) {
        backend_.sent_each = sent;
        EXPECT_THAT(must(reconciler_->poll_used()), ElementsAre(support::ip("192.0.2.2")));
        const int readings = backend_.readings;
        EXPECT_THAT(must(reconciler_->poll_used()), IsEmpty());
        EXPECT_EQ(backend_.readings, readings);
    }
}

/// A node alone in a cluster that has one block of each family: it gets back what it has lost.
class LoneReconcilerTest : public support::NetworkTest {
protected:
    /// What interfaces have, as a test says.
    struct Interfaces final : ipam::LiveNamespaces {
        Result<std::vector<ipam::LiveAddress>> addresses() override { return live; }
        std::vector<ipam::LiveAddress> live;
    };

    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        leases_ = must(ipam::SqliteLeaseStore::open({.file = folder_.path() / "leases.db",
                                                     .boot = boot_,
                                                     .clock = [this] { return now_; },
                                                     .rules = {},
                                                     .live = &interfaces_}));
        network_.emplace(new_network());
        const std::vector<IpPrefix> prefixes{prefix("10.244.0.0/26"), prefix("fd00::/112")};
        reconciler_.emplace(
            Reconciler::Options{.node = {name_, must(leases_->incarnation())},
                                .endpoint = support::ip("192.0.2.1"),
                                .mac = tunnel::endpoint_mac(name_, Vni{1}),
                                .boot = boot_,
                                .cluster = must(LabName::from("lab")),
                                .common = {.tunnel = {.cluster_prefixes = prefixes},
                                           .pools = must(ipam::ClusterPools::from(
                                               {must(ipam::PoolSpec::from(prefixes[0], 26)),
                                                must(ipam::PoolSpec::from(prefixes[1], 112))}))}},
            Reconciler::Parts{registry_, *leases_, backend_, *network_}, NodeMemory{});
    }
    /// What the node tells in a few rounds, in which it gets what it lacks.
    std::string told() {
        std::string all;
        for (int round = 0; round < 3; ++round) {
            must(reconciler_->step(now_));
            for (const Notice& notice : reconciler_->poll_notices())
                all += notice.text + "\n";
        }
        return all;
    }
    void add_pod(const ipam::LeaseKey& key) {
        const ipam::LeaseOrigin origin{boot_, ipam::NetnsInode{9}};
        const IpAddresses given =
            must(leases_->allocate(key, {.ipv4 = true, .ipv6 = true, .origin = origin}));
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            interfaces_.live.push_back({given.find(family).value(), origin.netns,
                                        must(InterfaceName::from("eth0")), key.text()});
    }

    const NodeName name_ = must(NodeName::from("n1"));
    const BootId boot_ = must(BootId::from_text("123e4567-e89b-12d3-a456-426614174000"));
    Instant now_;
    support::TemporaryFolder folder_;
    Interfaces interfaces_;
    std::unique_ptr<ipam::SqliteLeaseStore> leases_;
    registry::MemoryRegistry registry_{{.clock = [this] { return now_; }}};
    RecordingBackend backend_;
    std::optional<Namespace> network_;
    std::optional<Reconciler> reconciler_;
};

TEST_F(LoneReconcilerTest, SaysNothingOfAPodOfWhichItLostTheBlocksOfBothFamiliesAndGotThemBack) {
    told();
    const auto key = must(ipam::LeaseKey::from("pods", "c1", "eth0"));
    add_pod(key);
    const auto before = must(leases_->find(key));
    must(remove_node(registry_, test_keys(), name_, Removal::forced));
    const std::string told_then = told();
    ASSERT_THAT(told_then, HasSubstr("the node has lost a block")) << "its own addresses, at least";
    EXPECT_EQ(must(leases_->find(key))->addresses, before->addresses);
    EXPECT_THAT(told_then, Not(HasSubstr(key.text())));
}

}  // namespace
}  // namespace flatlan::node
