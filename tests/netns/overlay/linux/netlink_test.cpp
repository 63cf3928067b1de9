#include "overlay/linux/netlink.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

using support::ip;
using support::must;
using support::prefix;

class NetlinkTest : public support::NetworkTest {
protected:
    /// The number of a device in a new namespace that is up; packets sent there vanish.
    static IfIndex make_device(Netlink& netlink) {
        const InterfaceName name{"p1"};
        must(create_veth(netlink,
                         {.near = {.name = name, .mac = MacAddress::local_from(1)},
                          .far = {.name = InterfaceName{"p2"}, .mac = MacAddress::local_from(2)}}));
        must(set_link(netlink, name, {.up = true, .no_link_local = true}));
        return must(get_link(netlink, name)).index;
    }

    static Route route(std::uint64_t block, IfIndex device) {
        return {.destination = prefix("10.0.0.0/8").subprefix(26, block), .device = device};
    }
};

TEST_F(NetlinkTest, StaysInTheNamespaceInWhichItWasOpened) {
    const Namespace one = new_network();
    const Namespace other = new_network();
    auto netlink = netlink_in(one);
    must(run_in(other, [&]() -> Result<void> { return set_loopback_up(netlink); }));
    auto in_other = netlink_in(other);
    EXPECT_TRUE(must(get_link(netlink, IfIndex{1})).is_up());
    EXPECT_FALSE(must(get_link(in_other, IfIndex{1})).is_up());
}

TEST_F(NetlinkTest, CarriesOutMoreRequestsThanFitIntoOneSend) {
    auto netlink = netlink_in(new_network());
    const IfIndex device = make_device(netlink);
    NetlinkBatch batch;
    for (std::uint64_t i = 0; i < 5000; ++i)
        create_route(batch, route(i, device));
    ASSERT_EQ(batch.size(), 5000U);
    must(netlink.execute(batch));
    EXPECT_EQ(must(list_routes(netlink, {.protocol = kFlatlanRoutes})).size(), 5000U);
}

TEST_F(NetlinkTest, NamesTheFirstRequestThatFailedInTheKernelsWords) {
    auto netlink = netlink_in(new_network());
    const IfIndex device = make_device(netlink);
    NetlinkBatch batch;
    for (std::uint64_t i = 0; i < 2000; ++i)
        create_route(batch, route(i, device));
    auto wrong = route(2000, device);
    wrong.via = ip("192.0.2.1");  // on no link of this namespace
    create_route(batch, wrong);
    create_route(batch, route(0, device));  // and one that is there
    for (std::uint64_t i = 3000; i < 5000; ++i)
        create_route(batch, route(i, device));

    const auto done = netlink.execute(batch);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().system_errno(), ENETUNREACH);
    EXPECT_EQ(done.error().text(), "add route 10.1.244.0/26 via 192.0.2.1 dev " +
                                       std::to_string(device.value()) +
                                       ": Nexthop has invalid gateway: Network is unreachable");
    const auto routes = must(list_routes(netlink, {.protocol = kFlatlanRoutes}));
    EXPECT_GE(routes.size(), 2000U);  // all before it
    EXPECT_LT(routes.size(), 4000U);  // and not all after it: nothing was sent any more

    must(netlink.execute(NetlinkBatch{}));  // the socket is of use afterwards
    EXPECT_TRUE(must(get_link(netlink, device)).is_up());
}

TEST_F(NetlinkTest, SurvivesAThousandRefusalsInOneSend) {
    auto netlink = netlink_in(new_network());
    const IfIndex device = make_device(netlink);
    NetlinkBatch batch;
    for (int i = 0; i < 1000; ++i)
        remove_neighbour(batch, {.address = Ipv4Address{0x0a00'0000U + static_cast<unsigned>(i)},
                                 .device = device,
                                 .mac = {}});
    must(netlink.execute(batch));  // each is refused, and each refusal means that it is gone
    for (int i = 0; i < 1000; ++i)
        create_route(batch, route(1, IfIndex{9999}));
    const auto done = netlink.execute(batch);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::not_found);
}

TEST_F(NetlinkTest, ReadsATableWholeWhileOthersChangeIt) {
    const Namespace network = new_network();
    auto netlink = netlink_in(network);
    const IfIndex device = make_device(netlink);
    NetlinkBatch lasting;
    for (std::uint64_t i = 0; i < 2000; ++i)
        create_route(lasting, route(i * 2, device));
    must(netlink.execute(lasting));

    std::atomic<bool> changing = true;
    std::thread other{[&] {
        auto own = netlink_in(network);
        for (std::uint64_t i = 0; i < 500; ++i) {
            must(create_route(own, route(i * 8 + 1, device)));
            must(remove_route(own, route(i * 8 + 1, device)));
        }
        changing = false;
    }};
    std::size_t readings = 0;
    for (; changing || readings == 0; ++readings) {
        const auto found = list_routes(netlink, {.protocol = kFlatlanRoutes, .device = device});
        if (!found) {
            EXPECT_EQ(found.error().code(), ErrorCode::unavailable);  // it never held still
            continue;
        }
        const auto stayed =
            std::count_if(found.value().begin(), found.value().end(), [](const Route& each) {
                return prefix("10.0.0.0/8").offset_of(each.destination.address()) / 64 % 2 == 0;
            });
        EXPECT_EQ(stayed, 2000);
    }
    other.join();
}

TEST_F(NetlinkTest, IsRefusedByTheKernelWhereItDoesNotUnderstandARequest) {
    auto netlink = netlink_in(new_network());
    const IfIndex device = make_device(netlink);
    const auto refused = set_link(netlink, device, {.alias = std::string(300, 'x')});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(),
                testing::StartsWith("change interface " + std::to_string(device.value())));
    EXPECT_THAT(refused.error().text(), testing::HasSubstr("Numerical result out of range"));
}

}  // namespace
}  // namespace flatlan
