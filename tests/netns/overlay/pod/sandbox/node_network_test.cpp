#include "overlay/pod/sandbox/node_network.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cerrno>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan::pod {
namespace {

using support::ip;
using support::must;
using support::prefix;

class NodeNetworkTest : public support::NetworkTest {
protected:
    /// The destinations that are refused.
    static std::vector<std::string> unreachable_in(const Namespace& node) {
        auto netlink = netlink_in(node);
        std::vector<std::string> found;
        for (const auto& route : must(list_routes(netlink, {.protocol = kFlatlanRoutes})))
            if (route.type == RouteType::unreachable) found.push_back(to_string(route.destination));
        return found;
    }
};

TEST_F(NodeNetworkTest, IsMadeOnceAndThenLeftAlone) {
    const Namespace node = new_network();
    const NodeNetwork wanted{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = {}},
                             .cluster_prefixes = {prefix("10.244.0.0/16"), prefix("fd00::/56")},
                             .blocks = {prefix("10.244.0.0/26")}};
    EXPECT_GT(must(prepare_node(node, wanted)), 0U);
    EXPECT_EQ(must(prepare_node(node, wanted)), 0U);

    EXPECT_EQ(must(read_sysctl(node, "net/ipv4/ip_forward")), "1");
    EXPECT_EQ(must(read_sysctl(node, "net/ipv6/conf/all/forwarding")), "1");
    EXPECT_EQ(must(read_sysctl(node, "net/ipv4/conf/all/rp_filter")), "0");
    EXPECT_THAT(unreachable_in(node),
                testing::UnorderedElementsAre("10.244.0.0/16", "fd00::/56", "10.244.0.0/26"));
    auto netlink = netlink_in(node);
    const Link loopback = must(get_link(netlink, InterfaceName{"lo"}));
    EXPECT_TRUE(loopback.is_up());
}

TEST_F(NodeNetworkTest, FollowsTheNodesBlocksAndAddresses) {
    const Namespace node = new_network();
    NodeNetwork wanted{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = {}},
                       .cluster_prefixes = {prefix("10.244.0.0/16")},
                       .blocks = {prefix("10.244.0.0/26"), prefix("10.244.0.64/26")}};
    must(prepare_node(node, wanted));
    wanted.blocks = {prefix("10.244.0.64/26"), prefix("10.244.7.0/26")};
    wanted.overlay.ipv4 = ip("10.244.0.65").ipv4();
    EXPECT_EQ(must(prepare_node(node, wanted)), 4U);  // an address and a block, out and in

    EXPECT_THAT(unreachable_in(node),
                testing::UnorderedElementsAre("10.244.0.0/16", "10.244.0.64/26", "10.244.7.0/26"));
    auto netlink = netlink_in(node);
    std::vector<std::string> addresses;
    for (const auto& address : must(list_addresses(netlink, IfIndex{1})))
        addresses.push_back(to_string(address.address));
    EXPECT_THAT(addresses, testing::UnorderedElementsAre("127.0.0.1", "::1", "10.244.0.65"));
}

TEST_F(NodeNetworkTest, PutsAnAddressRightThatSomebodyHasMadeOtherwise) {
    const Namespace node = new_network();
    const NodeNetwork wanted{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = {}},
                             .cluster_prefixes = {prefix("10.244.0.0/16")},
                             .blocks = {}};
    must(prepare_node(node, wanted));
    auto netlink = netlink_in(node);
    const InterfaceAddress otherwise{ip("10.244.0.1"), 32, IfIndex{1}, true};
    must(remove_address(netlink, otherwise));
    must(create_address(netlink, otherwise));
    ASSERT_THAT(must(list_addresses(netlink, IfIndex{1})), testing::Contains(otherwise));
    EXPECT_EQ(must(prepare_node(node, wanted)), 2U);
    EXPECT_EQ(must(prepare_node(node, wanted)), 0U);
    InterfaceAddress right = otherwise;
    right.prefix_route = false;
    EXPECT_THAT(must(list_addresses(netlink, IfIndex{1})), testing::Contains(right));
}

TEST_F(NodeNetworkTest, LeavesTheMachinesOwnAddressesWhateverTheClusterIs) {
    const Namespace node = new_network();
    const std::vector<IpPrefix> loopback{prefix("127.0.0.0/8"), prefix("::/64")};
    must(prepare_node(node, {.overlay = {}, .cluster_prefixes = loopback, .blocks = {}}));
    auto netlink = netlink_in(node);
    std::vector<std::string> addresses;
    for (const auto& address : must(list_addresses(netlink, IfIndex{1})))
        addresses.push_back(to_string(address.address));
    EXPECT_THAT(addresses, testing::UnorderedElementsAre("127.0.0.1", "::1"));
}

TEST_F(NodeNetworkTest, MayHaveOneBlockThatIsTheWholeCluster) {
    const Namespace node = new_network();
    const NodeNetwork wanted{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = {}},
                             .cluster_prefixes = {prefix("10.244.0.0/26")},
                             .blocks = {prefix("10.244.0.0/26")}};
    must(prepare_node(node, wanted));
    EXPECT_THAT(unreachable_in(node), testing::ElementsAre("10.244.0.0/26"));
}

/// A view of the machine's files in which the namespace has no settings of IPv6.
Namespace mounts_without_ipv6(const Namespace& node) {
    return must(Namespace::create_mount([&] {
        return run_in(node, []() -> Result<void> {
            if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                ::mount("none", "/proc/sys/net/ipv6", "tmpfs", 0, nullptr) != 0)
                return Error::from_errno(errno, "hide the settings of IPv6");
            return success();
        });
    }));
}

// As after ipv6.disable=1.
TEST_F(NodeNetworkTest, NeedsNoIpv6WhereTheClusterHasNone) {
    const Namespace node = new_network();
    const NodeNetwork wanted{.overlay = {.ipv4 = ip("10.244.0.1").ipv4(), .ipv6 = {}},
                             .cluster_prefixes = {prefix("10.244.0.0/16")},
                             .blocks = {prefix("10.244.0.0/26")}};
    must(run_in_mounts(mounts_without_ipv6(node), [&]() -> Result<void> {
        FLATLAN_TRY_VOID(prepare_node(node, wanted));
        return success();
    }));
    EXPECT_EQ(must(read_sysctl(node, "net/ipv4/ip_forward")), "1");
    EXPECT_EQ(must(read_sysctl(node, "net/ipv6/conf/all/forwarding")), "0");
}

}  // namespace
}  // namespace flatlan::pod
