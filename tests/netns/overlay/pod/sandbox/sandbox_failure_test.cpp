#include <array>

#include "overlay/linux/link.hpp"
#include "overlay/linux/route.hpp"
#include "tests/netns/overlay/pod/sandbox/sandbox_fixture.hpp"
#include "tests/support/udp_socket.hpp"

/// What is left when a step fails, and of namespaces that belong to someone else.
namespace flatlan::pod {
namespace {

using support::must;
using support::prefix;
using support::UdpSocket;

TEST_F(SandboxTest, FailureInTheMiddleLeavesNothing) {
    auto wanted = specs(20);
    auto netlink = netlink_in(*node_);
    const Sandbox before = must(create_sandbox(node(), wanted[12]));

    const auto refused = create_sandboxes(node(), wanted);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(), "create veth 'p12': File exists");
    EXPECT_EQ(must(list_links(netlink)).size(), 2U);  // lo, and the pod that was there
    UdpSocket pod{before.network, *wanted[12].addresses.find(IpFamily::ipv4)};
    UdpSocket host{*node_, *wanted_.overlay.ipv4};
    EXPECT_EQ(exchange(pod, host), "");
}

TEST_F(SandboxTest, FailureInsideAPodNamesThePodAndLeavesNothing) {
    auto wanted = specs(3);
    auto broken = node();
    const std::array prefixes{prefix("10.244.0.0/16"), prefix("10.244.0.0/16")};
    broken.cluster_prefixes = prefixes;  // the same route twice
    const auto refused = create_sandboxes(broken, wanted);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(),
              "set up the network of default/pod-0: add route 10.244.0.0/16 via 169.254.1.1 dev 2 "
              "onlink: File exists");
    auto netlink = netlink_in(*node_);
    EXPECT_EQ(must(list_links(netlink)).size(), 1U);
}

TEST_F(SandboxTest, NamespaceOfSomeoneElseIsLinkedAndLeftAsItWas) {
    const auto spec = specs(1).front();
    const Namespace given = new_network();
    auto inside = netlink_in(given);
    must(set_loopback_up(inside));
    const auto routes_before = must(list_routes(inside));

    auto outside = netlink_in(*node_);
    const SandboxSite site{.network = given, .inside = inside, .outside = outside};
    must(attach_sandbox(node(), spec, site));
    UdpSocket pod{given, *spec.addresses.find(IpFamily::ipv4)};
    UdpSocket host{*node_, *wanted_.overlay.ipv4};
    EXPECT_EQ(exchange(pod, host), "");
    const auto again = attach_sandbox(node(), spec, site);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), ErrorCode::already_exists);
    EXPECT_EQ(exchange(pod, host), "");  // the refusal disturbed nothing

    must(detach_sandbox(node(), spec, inside));
    EXPECT_EQ(must(list_routes(inside)), routes_before);
    EXPECT_EQ(must(list_links(inside)).size(), 1U);
    EXPECT_FALSE(must(find_link(outside, spec.node_end)));
    must(detach_sandbox(node(), spec, inside));
}

}  // namespace
}  // namespace flatlan::pod
