#include "overlay/linux/link_mtu_watch.hpp"

#include "overlay/linux/veth.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::must;

class LinkMtuWatchTest : public support::NetworkTest {
protected:
    static void create(Netlink& netlink) {
        must(create_veth(netlink, {.near = {.name = kNear, .mac = mac(1)},
                                   .far = {.name = InterfaceName{"far"}, .mac = mac(2)}}));
    }
    static MacAddress mac(unsigned last) {
        return must(MacAddress::from_text("02:00:00:00:00:0" + std::to_string(last)));
    }
    static bool comes_to(LinkMtuWatch& watch, std::optional<LinkMtu> mtu) {
        support::eventually([&] { return must(watch.read()) == mtu; });
        return must(watch.read()) == mtu;
    }

    inline static const InterfaceName kNear{"near"};
};

TEST_F(LinkMtuWatchTest, KnowsTheMtuOfAnInterfaceThatChangesGoesAndComes) {
    const Namespace network = new_network();
    Netlink netlink = netlink_in(network);
    auto watch = must(LinkMtuWatch::open_in(network, kNear));
    EXPECT_EQ(must(watch.read()), std::nullopt);
    create(netlink);
    EXPECT_TRUE(comes_to(watch, LinkMtu{1500}));
    must(set_link(netlink, InterfaceName{"far"}, {.mtu = LinkMtu{1300}}));
    must(set_link(netlink, kNear, {.mtu = LinkMtu{1400}}));
    EXPECT_TRUE(comes_to(watch, LinkMtu{1400}));
    must(remove_link(netlink, kNear));
    EXPECT_TRUE(comes_to(watch, std::nullopt));
    create(netlink);
    EXPECT_TRUE(comes_to(watch, LinkMtu{1500}));
    auto later = must(LinkMtuWatch::open_in(network, kNear));
    EXPECT_EQ(must(later.read()), LinkMtu{1500});
}

}  // namespace
}  // namespace flatlan
