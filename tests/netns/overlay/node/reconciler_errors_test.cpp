// A reconciler whose work fails half-way, or that is not let into its own directory.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "overlay/linux/link.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/node/node_removal.hpp"
#include "tests/netns/overlay/node/reconciler_test.hpp"

namespace flatlan::node {
namespace {

using support::must;
using support::prefix;
using support::test_keys;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// While it lives the process can open no further file or socket.
class NoFurtherFiles {
public:
    NoFurtherFiles() {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        const rlimit none{.rlim_cur = 3, .rlim_max = before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    NoFurtherFiles(const NoFurtherFiles&) = delete;
    NoFurtherFiles& operator=(const NoFurtherFiles&) = delete;
    ~NoFurtherFiles() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

private:
    rlimit before_{};
};

class ReconcilerErrorsTest : public ReconcilerTest {
protected:
    IpPrefix own_block() { return reconciler_->standing().self.blocks.front(); }
    /// A person removes the node, and the other one gets its block.
    void lose_block() {
        const IpPrefix block = own_block();
        must(remove_node(registry_, test_keys(), must(NodeName::from("n1")), Removal::forced));
        const ipam::BlockClaim claim{block, other_.identity(), ipam::ClaimState::confirmed};
        must(registry_.put(test_keys().block(block), control::to_record(claim),
                           registry::Revision{}, {}));
    }
    std::vector<IpPrefix> destinations() {
        Netlink netlink = netlink_in(*network_);
        std::vector<IpPrefix> found;
        for (const Route& route : must(list_routes(netlink, {.protocol = kFlatlanRoutes})))
            found.push_back(route.destination);
        return found;
    }
};

TEST_F(ReconcilerErrorsTest, NamesThePodsThatLostTheirAddressesAfterAnErrorToo) {
    const auto key = must(ipam::LeaseKey::from("pods", "c1", "eth0"));
    must(leases_.allocate(key, {.ipv4 = true}));
    reconciler_->poll_notices();
    lose_block();
    {
        const NoFurtherFiles none;
        const auto failed = reconciler_->step(now_);
        ASSERT_FALSE(failed);
        EXPECT_THAT(failed.error().to_string(), HasSubstr("Too many open files"));
    }
    EXPECT_THAT(reconciler_->poll_notices(), IsEmpty());
    step();
    std::string told;
    for (const Notice& notice : reconciler_->poll_notices())
        told += notice.text + "\n";
    EXPECT_THAT(told, HasSubstr("'" + key.text() + "' its addresses"));
    EXPECT_THAT(reconciler_->state().lost, Contains(key.text()));
}

TEST_F(ReconcilerErrorsTest, RemovesTheRoutesOfLostBlocksAfterAnErrorToo) {
    const IpPrefix lost = IpPrefix::host(other_.serving().front().address());
    Netlink netlink = netlink_in(*network_);
    const IfIndex loopback = must(get_link(netlink, must(InterfaceName::from("lo")))).index;
    must(create_route(netlink, {.destination = lost, .device = loopback}));
    begin();
    {
        const NoFurtherFiles none;
        ASSERT_FALSE(reconciler_->step(now_));
    }
    EXPECT_THAT(destinations(), Contains(lost));
    step();
    EXPECT_THAT(destinations(), Not(Contains(lost)));
    EXPECT_TRUE(reconciler_->standing().joined);
}

/// On its disk the node has a block that is none of the cluster's, too.
// The next round would not know better: a person has to.
TEST_F(ReconcilerErrorsTest, WhatStandsInTheTunnelsWayIsNotTakenForAnotherNodesChange) {
    for (const ErrorCode code : {ErrorCode::conflict, ErrorCode::already_exists}) {
        begin();
        backend_.refusal = Error{code, "UDP port 4789 is in use"};
        const auto refused = reconciler_->step(now_);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::system);
        EXPECT_EQ(refused.error().text(), "UDP port 4789 is in use");
    }
}

struct StrangeBlockTest : ReconcilerErrorsTest {
    void SetUp() override {
        ReconcilerErrorsTest::SetUp();
        if (IsSkipped()) return;
        must(leases_.hold_block(strange));
        must(leases_.serve_block(strange));
    }
    const IpPrefix strange = prefix("192.168.0.0/26");
};

TEST_F(StrangeBlockTest, RefusesToBeginAndSaysWhichBlockItIs) {
    begin();
    const auto refused = reconciler_->check_start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("holds block 192.168.0.0/26"));
    EXPECT_THAT(refused.error().to_string(), HasSubstr("10.244.0.0/20 in blocks of /26"));
}

TEST_F(StrangeBlockTest, LeavesTheTunnelAloneWhileTheDirectoryRefusesTheNode) {
    begin();
    backend_.applied.clear();
    const auto refused = reconciler_->step(now_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("192.168.0.0/26"));
    EXPECT_TRUE(reconciler_->repair()) << "as the kernel's next event asks for it";
    EXPECT_TRUE(reconciler_->set_narrow_paths({}));
    EXPECT_TRUE(reconciler_->figures());
    EXPECT_THAT(backend_.applied, IsEmpty());
    EXPECT_FALSE(reconciler_->state().joined);
}

}  // namespace
}  // namespace flatlan::node
