#include "ipam/reconciliation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::ipam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
LeaseKey key(std::string_view text) { return LeaseKey::from_text(text).value(); }

const BootId kEarlier = BootId::from_text("00000000-0000-0000-0000-000000000001").value();
const BootId kNow = BootId::from_text("00000000-0000-0000-0000-000000000002").value();

struct ReconciliationTest : testing::Test {
    Lease lease(std::string_view holder, std::string_view text, const BootId& boot = kNow,
                std::uint64_t netns = 0) {
        Lease made{key(holder), {}, {boot, NetnsInode{netns}}};
        made.addresses.set(address(text));
        return made;
    }
    void see(std::string_view text, std::uint64_t netns, std::string key_text = "",
             std::string_view interface = "eth0") {
        live.push_back(
            {address(text), NetnsInode{netns}, InterfaceName{interface}, std::move(key_text)});
    }
    Reconciliation reconcile() const { return ipam::reconcile(leases, blocks, live, kNow); }

    std::vector<Lease> leases;
    std::vector<IpPrefix> blocks{prefix("10.244.0.0/26"), prefix("fd00::/122")};
    std::vector<LiveAddress> live;
};

TEST_F(ReconciliationTest, FindsNothingToDoWhereAllAgrees) {
    leases = {lease("net/a/eth0", "10.244.0.1")};
    see("10.244.0.1", 7);
    EXPECT_TRUE(reconcile().empty());
}

TEST_F(ReconciliationTest, ReleasesPodsOfAnEarlierBootThatAreGone) {
    leases = {lease("net/gone/eth0", "10.244.0.1", kEarlier),
              lease("net/there/eth0", "10.244.0.2", kEarlier),
              lease("net/young/eth0", "10.244.0.3"), lease("node:n1", "10.244.0.0", kEarlier)};
    see("10.244.0.2", 7);
    EXPECT_THAT(reconcile().release, ElementsAre(leases[0]))
        << "not the node's, nor one of this boot whose namespace may still be on its way";
}

TEST_F(ReconciliationTest, AdoptsAnAddressUnderTheNameThatItsInterfaceSays) {
    see("10.244.0.5", 7, "net/a/eth0");
    see("fd00::5", 7, "net/a/eth0");
    Lease both = lease("net/a/eth0", "10.244.0.5", kNow, 7);
    both.addresses.set(address("fd00::5"));
    EXPECT_THAT(reconcile().adopt, ElementsAre(both));
}

TEST_F(ReconciliationTest, AdoptsAStrangersAddressUnderANameThatSaysWhereItIs) {
    see("10.244.0.5", 7);
    see("fd00::5", 7);
    see("10.244.0.6", 7);
    Lease both = lease("unknown/ns-7/eth0", "10.244.0.5", kNow, 7);
    both.addresses.set(address("fd00::5"));
    EXPECT_THAT(reconcile().adopt,
                ElementsAre(lease("unknown/ns-7-2/eth0", "10.244.0.6", kNow, 7), both));
}

TEST_F(ReconciliationTest, DoesNotBelieveANameThatHoldsAnotherAddress) {
    leases = {lease("net/a/eth0", "10.244.0.1")};
    see("10.244.0.5", 7, "net/a/eth0");
    EXPECT_THAT(reconcile().adopt, ElementsAre(lease("unknown/ns-7/eth0", "10.244.0.5", kNow, 7)));
}

TEST_F(ReconciliationTest, LeavesAloneWhatLiesInNoBlockOfTheNode) {
    see("10.245.0.1", 7);
    see("192.168.1.7", 7);
    EXPECT_TRUE(reconcile().empty());
}

TEST_F(ReconciliationTest, AdoptsAnAddressThatTwoNamespacesHaveOnce) {
    see("10.244.0.5", 7, "net/a/eth0");
    see("10.244.0.5", 8, "net/b/eth0");
    EXPECT_THAT(reconcile().adopt, ElementsAre(lease("net/a/eth0", "10.244.0.5", kNow, 7)));
}

TEST_F(ReconciliationTest, GivesTheAddressOfAReleasedLeaseToNobodyWhoIsNotThere) {
    leases = {lease("net/a/eth0", "10.244.0.1", kEarlier)};
    const Reconciliation wanted = reconcile();
    EXPECT_EQ(wanted.release.size(), 1U);
    EXPECT_THAT(wanted.adopt, IsEmpty());
}

}  // namespace
}  // namespace flatlan::ipam
