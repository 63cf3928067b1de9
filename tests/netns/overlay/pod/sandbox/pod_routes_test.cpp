#include "overlay/pod/sandbox/pod_routes.hpp"

#include <gmock/gmock.h>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/route.hpp"
#include "tests/netns/overlay/pod/sandbox/sandbox_fixture.hpp"

namespace flatlan::pod {
namespace {

using support::must;

constexpr IfIndex kLoopback{1};

class PodRoutesTest : public SandboxTest {
protected:
    void SetUp() override {
        SandboxTest::SetUp();
        if (IsSkipped()) return;
        std::vector<SandboxSpec> made = specs(2);
        for (SandboxSpec& spec : made) {
            spec.alias = "net/" + spec.node_end.text() + "/eth0 " + spec.name;
            addresses_.emplace("net/" + spec.node_end.text() + "/eth0", spec.addresses);
        }
        pods_ = must(create_sandboxes(node(), made));
        netlink_.emplace(netlink_in(*node_));
        before_ = routes();
    }
    std::vector<Route> routes() {
        return must(list_routes(*netlink_, {.protocol = kFlatlanRoutes}));
    }
    std::size_t ensure() { return must(ensure_pod_routes(*node_, wanted_.overlay, addresses_)); }

    std::map<std::string, IpAddresses> addresses_;
    std::vector<Sandbox> pods_;
    std::optional<Netlink> netlink_;
    std::vector<Route> before_;
};

TEST_F(PodRoutesTest, AreLeftAloneWhenTheyAreThere) { EXPECT_EQ(ensure(), 0U); }

TEST_F(PodRoutesTest, ComeBackAfterTheNodesAddress) {
    for (const InterfaceAddress& address : must(list_addresses(*netlink_, kLoopback)))
        must(remove_address(*netlink_, address));
    ASSERT_NE(routes(), before_) << "the kernel takes them with it";
    must(prepare_node(*node_, wanted_));
    EXPECT_EQ(ensure(), 4U);
    EXPECT_THAT(routes(), testing::UnorderedElementsAreArray(before_));
    EXPECT_EQ(ensure(), 0U);
}

TEST_F(PodRoutesTest, FollowTheNodesAddress) {
    wanted_.overlay.set(wanted_.blocks[0].at(60));
    wanted_.overlay.set(wanted_.blocks[1].at(60));
    must(prepare_node(*node_, wanted_));
    EXPECT_EQ(ensure(), 4U);
    for (const Route& route : routes()) {
        if (route.type != RouteType::unicast || route.device == kLoopback) continue;
        EXPECT_EQ(route.preferred_source, wanted_.overlay.find(route.destination.family()));
    }
}

TEST_F(PodRoutesTest, AreNotMadeForAPodThatIsDown) {
    must(set_link(*netlink_, InterfaceName{"p0"}, {.up = false}));
    EXPECT_EQ(ensure(), 0U);
    addresses_.clear();
    must(set_link(*netlink_, InterfaceName{"p0"}, {.up = true}));
    EXPECT_EQ(ensure(), 0U) << "nor for one that has no lease";
}

}  // namespace
}  // namespace flatlan::pod
