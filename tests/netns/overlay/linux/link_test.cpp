#include "overlay/linux/link.hpp"

#include "overlay/linux/address.hpp"
#include "overlay/linux/bridge.hpp"
#include "overlay/linux/link_removal.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/linux/vxlan.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::ip;
using support::must;

const MacAddress kNearMac = MacAddress::local_from(1);
const MacAddress kFarMac = MacAddress::local_from(2);

class LinkTest : public support::NetworkTest {
protected:
    VethSpec veth(std::string_view near, std::string_view far, const Namespace* there = nullptr) {
        return {.near = {.name = InterfaceName{near}, .mac = kNearMac},
                .far = {.name = InterfaceName{far}, .mac = kFarMac, .network = there},
                .mtu = LinkMtu{1450}};
    }
};

TEST_F(LinkTest, VethPairStandsInTwoNamespacesAsAsked) {
    const Namespace here = new_network();
    const Namespace there = new_network();
    auto near_side = netlink_in(here);
    auto far_side = netlink_in(there);
    auto spec = veth("p1", "eth0", &there);
    spec.near.group = LinkGroup{7};
    must(create_veth(near_side, spec));

    const Link near = must(get_link(near_side, InterfaceName{"p1"}));
    const Link far = must(get_link(far_side, InterfaceName{"eth0"}));
    EXPECT_EQ(near.kind, "veth");
    EXPECT_EQ(near.mtu, LinkMtu{1450});
    EXPECT_EQ(far.mtu, LinkMtu{1450});
    EXPECT_EQ(near.mac, kNearMac);
    EXPECT_EQ(far.mac, kFarMac);
    EXPECT_EQ(near.group, LinkGroup{7});
    EXPECT_EQ(far.group, LinkGroup{});
    EXPECT_EQ(near.peer, far.index);
    EXPECT_EQ(far.peer, near.index);
    EXPECT_FALSE(near.is_up());
}

TEST_F(LinkTest, CreationFailsWhenTheNameIsTaken) {
    auto netlink = netlink_in(new_network());
    must(create_veth(netlink, veth("p1", "p2")));
    const auto again = create_veth(netlink, veth("p1", "p3"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), ErrorCode::already_exists);
    EXPECT_EQ(again.error().text(), "create veth 'p1': File exists");
    EXPECT_FALSE(must(find_link(netlink, InterfaceName{"p3"})));
}

TEST_F(LinkTest, GoesUpWithoutALinkLocalAddress) {
    auto netlink = netlink_in(new_network());
    must(create_veth(netlink, veth("p1", "p2")));
    for (const auto* name : {"p1", "p2"}) {
        must(set_link(netlink, InterfaceName{name},
                      {.up = true, .alias = "the long name", .no_link_local = true}));
    }
    const Link link = must(get_link(netlink, InterfaceName{"p1"}));
    EXPECT_TRUE(link.is_up());
    EXPECT_TRUE(link.has_carrier());
    EXPECT_FALSE(link.makes_link_local);
    EXPECT_EQ(link.alias, "the long name");
    EXPECT_TRUE(must(list_addresses(netlink)).empty());
}

// The kernel gives such a link no IPv6; a kernel without IPv6 refuses its attributes alike.
TEST_F(LinkTest, GoesUpWithoutALinkLocalAddressWhereThereIsNoIpv6) {
    auto netlink = netlink_in(new_network());
    must(create_veth(netlink, veth("p1", "p2")));
    const LinkChange change{
        .up = true, .mtu = LinkMtu{1000}, .alias = "narrow", .no_link_local = true};
    for (const auto* name : {"p1", "p2", "p1"})
        must(set_link(netlink, InterfaceName{name}, change));
    const Link link = must(get_link(netlink, InterfaceName{"p1"}));
    EXPECT_TRUE(link.is_up());
    EXPECT_EQ(link.mtu, LinkMtu{1000});
    EXPECT_EQ(link.alias, "narrow");
}

TEST_F(LinkTest, ChangesWhatIsNamedAndNothingElse) {
    auto netlink = netlink_in(new_network());
    must(create_veth(netlink, veth("p1", "p2")));
    const Link before = must(get_link(netlink, InterfaceName{"p1"}));
    must(set_link(netlink, before.index,
                  {.mtu = LinkMtu{1280}, .group = LinkGroup{3}, .name = InterfaceName{"p9"}}));
    const Link after = must(get_link(netlink, before.index));
    EXPECT_EQ(after.name.text(), "p9");
    EXPECT_EQ(after.mtu, LinkMtu{1280});
    EXPECT_EQ(after.group, LinkGroup{3});
    EXPECT_EQ(after.mac, before.mac);
    EXPECT_EQ(after.is_up(), before.is_up());
}

TEST_F(LinkTest, RemovalSucceedsWhenItIsGone) {
    auto netlink = netlink_in(new_network());
    must(create_veth(netlink, veth("p1", "p2")));
    must(remove_link(netlink, InterfaceName{"p1"}));
    EXPECT_FALSE(must(find_link(netlink, InterfaceName{"p2"})));  // both ends go
    must(remove_link(netlink, InterfaceName{"p1"}));
    EXPECT_EQ(get_link(netlink, InterfaceName{"p1"}).error().code(), ErrorCode::not_found);
}

/// Whoever removes it is answered before the kernel is done; its name is free by then.
TEST_F(LinkTest, RemovalThatLetsItGoLeavesNeitherEndNorItsName) {
    const Namespace here = new_network();
    const Namespace there = new_network();
    auto near_side = netlink_in(here);
    auto far_side = netlink_in(there);
    const InterfaceName near{"p1"};
    must(create_bridge(near_side, {.name = InterfaceName{"br0"}, .mac = kFarMac}));
    const Link bridge = must(get_link(near_side, InterfaceName{"br0"}));
    for (int round = 0; round < 10; ++round) {
        must(create_veth(near_side, veth("p1", "eth0", &there)));
        if (round % 2 == 1) must(set_link(near_side, near, {.master = bridge.index}));
        must(remove_link_and_let_it_go(here, near));
        EXPECT_FALSE(must(find_link(near_side, near)));
        EXPECT_FALSE(must(find_link(far_side, InterfaceName{"eth0"})));
    }
    must(remove_link_and_let_it_go(here, near));
}

TEST_F(LinkTest, RemovalThatTheKernelRefusesSaysSo) {
    const auto removed = remove_link_and_let_it_go(new_network(), InterfaceName{"lo"});
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().text(), "delete 'lo': Operation not supported");
}

TEST_F(LinkTest, GroupIsRemovedAsAWholeAndAlone) {
    auto netlink = netlink_in(new_network());
    NetlinkBatch batch;
    for (int i = 0; i < 20; ++i) {
        auto spec = veth("p" + std::to_string(i), "q" + std::to_string(i));
        spec.near.group = LinkGroup{i < 15 ? 5U : 6U};
        create_veth(batch, spec);
    }
    must(netlink.execute(batch));
    must(remove_link_group(netlink, LinkGroup{5}));
    EXPECT_EQ(must(list_links(netlink)).size(), 1U + 2 * 5);
    must(remove_link_group(netlink, LinkGroup{5}));  // none is left: still a success

    const std::array names{InterfaceName{"p15"}, InterfaceName{"p16"}, InterfaceName{"gone"}};
    must(remove_links(netlink, names));
    EXPECT_EQ(must(list_links(netlink)).size(), 1U + 2 * 3);
    must(remove_links(netlink, names));
}

TEST_F(LinkTest, VxlanIsReadBackAsItWasAsked) {
    auto netlink = netlink_in(new_network());
    for (const auto* local : {"172.31.0.1", "fd00:31::1"}) {
        SCOPED_TRACE(local);
        const VxlanSpec spec{.name = InterfaceName{"flat0"},
                             .mac = kNearMac,
                             .mtu = LinkMtu{1430},
                             .settings = {.vni = Vni{7}, .local = ip(local)},
                             .alias = "tunnel"};
        must(create_vxlan(netlink, spec));
        const Link link = must(get_link(netlink, spec.name));
        ASSERT_TRUE(link.vxlan.has_value());
        EXPECT_EQ(*link.vxlan, spec.settings);
        EXPECT_EQ(link.mtu, spec.mtu);
        EXPECT_EQ(link.mac, spec.mac);
        EXPECT_EQ(link.alias, "tunnel");
        EXPECT_FALSE(link.makes_link_local);

        auto second = spec;
        second.name = InterfaceName{"flat1"};
        const auto refused = create_vxlan(netlink, second);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
        must(remove_link(netlink, spec.name));
    }
}

TEST_F(LinkTest, BridgeTakesPorts) {
    auto netlink = netlink_in(new_network());
    must(create_bridge(netlink, {.name = InterfaceName{"br0"}, .mac = kNearMac}));
    must(create_veth(netlink, veth("p1", "p2")));
    const Link bridge = must(get_link(netlink, InterfaceName{"br0"}));
    must(set_link(netlink, InterfaceName{"p1"}, {.master = bridge.index}));
    EXPECT_EQ(must(get_link(netlink, InterfaceName{"p1"})).master, bridge.index);
    EXPECT_EQ(bridge.kind, "bridge");
}

TEST_F(LinkTest, ManyAreFoundByNameInTheirOrder) {
    auto netlink = netlink_in(new_network());
    NetlinkBatch batch;
    std::vector<InterfaceName> names;
    for (int i = 0; i < 300; ++i) {
        create_veth(batch, veth("p" + std::to_string(i), "q" + std::to_string(i)));
        names.emplace_back("p" + std::to_string(299 - i));
    }
    must(netlink.execute(batch));
    const auto links = must(get_links(netlink, names));
    ASSERT_EQ(links.size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        EXPECT_EQ(links[i].name, names[i]);
    EXPECT_EQ(must(list_links(netlink, WithStats::yes)).size(), 601U);

    names.emplace_back("missing");
    const auto refused = get_links(netlink, names);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
    EXPECT_EQ(refused.error().text(), "find 'missing': No such device");
}

}  // namespace
}  // namespace flatlan
