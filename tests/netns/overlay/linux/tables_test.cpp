#include <gmock/gmock.h>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/linux/vxlan.hpp"
#include "tests/support/network_test.hpp"

/// Addresses, routes, neighbours and forwarding entries: each is created, replaced and removed by
/// the same rules, and what is read back equals what was asked for.
namespace flatlan {
namespace {

using support::ip;
using support::must;
using support::prefix;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class TablesTest : public support::NetworkTest {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        if (IsSkipped()) return;
        netlink_.emplace(netlink_in(new_network()));
        device_ = make_up({.near = {.name = InterfaceName{"p1"}, .mac = MacAddress::local_from(1)},
                           .far = {.name = InterfaceName{"p2"}, .mac = MacAddress::local_from(2)}});
        must(set_link(*netlink_, InterfaceName{"p2"}, {.up = true, .no_link_local = true}));
    }

    IfIndex make_up(const VethSpec& spec) {
        must(create_veth(*netlink_, spec));
        must(set_link(*netlink_, spec.near.name, {.up = true, .no_link_local = true}));
        return must(get_link(*netlink_, spec.near.name)).index;
    }
    IfIndex make_vxlan() {
        must(create_vxlan(*netlink_, {.name = InterfaceName{"flat0"},
                                      .mac = MacAddress::local_from(3),
                                      .settings = {.local = ip("172.31.0.1")}}));
        must(set_link(*netlink_, InterfaceName{"flat0"}, {.up = true}));
        return must(get_link(*netlink_, InterfaceName{"flat0"})).index;
    }
    std::vector<Route> routes(RouteFilter filter = {.protocol = kFlatlanRoutes}) {
        return must(list_routes(*netlink_, filter));
    }

    std::optional<Netlink> netlink_;
    IfIndex device_{1};
};

TEST_F(TablesTest, AddressIsCreatedReplacedAndRemoved) {
    for (const char* text : {"10.244.0.1", "fd00::1"}) {
        SCOPED_TRACE(text);
        const IpAddress address = ip(text);
        const InterfaceAddress wanted{
            .address = address, .length_bits = address_bits(address.family()), .device = device_};
        must(create_address(*netlink_, wanted));
        const auto again = create_address(*netlink_, wanted);
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code(), ErrorCode::already_exists);
        EXPECT_THAT(again.error().text(),
                    testing::StartsWith("add address " + to_string(wanted) + ": "));
        must(replace_address(*netlink_, wanted));
        EXPECT_THAT(must(list_addresses(*netlink_, device_)), ElementsAre(wanted));
        must(remove_address(*netlink_, wanted));
        must(remove_address(*netlink_, wanted));
        EXPECT_THAT(must(list_addresses(*netlink_, device_)), IsEmpty());
        EXPECT_THAT(routes({.table = 255, .device = device_}),
                    Not(Contains(testing::Field(&Route::destination, IpPrefix::host(address)))));
    }
}

TEST_F(TablesTest, AddressMayBringTheRouteToItsPrefix) {
    for (const char* text : {"172.31.0.1/16", "fd00:31::1/64"}) {
        const std::string_view both{text};
        const IpAddress address = ip(both.substr(0, both.find('/')));
        const unsigned length = address.is_ipv4() ? 16 : 64;
        must(create_address(
            *netlink_,
            {.address = address, .length_bits = length, .device = device_, .prefix_route = true}));
        EXPECT_THAT(routes({.family = address.family(), .device = device_}),
                    ElementsAre(testing::Field(&Route::destination,
                                               IpPrefix::containing(address, length))));
    }
}

TEST_F(TablesTest, RouteOfEveryShapeIsReadBackAsItWasAsked) {
    must(create_address(*netlink_,
                        {.address = ip("10.244.0.1"), .length_bits = 32, .device = device_}));
    must(create_address(*netlink_,
                        {.address = ip("fd00::1"), .length_bits = 128, .device = device_}));
    const std::vector<Route> wanted{
        {.destination = prefix("10.244.1.0/26"), .device = device_},
        {.destination = prefix("10.244.2.0/26"),
         .via = ip("169.254.1.1"),
         .device = device_,
         .on_link = true,
         .preferred_source = ip("10.244.0.1"),
         .metric = 77,
         .mtu = 1400},
        {.destination = prefix("10.244.3.0/26"), .via = ip("fe80::1"), .device = device_},
        {.destination = prefix("10.244.0.0/16"),
         .type = RouteType::unreachable,
         .metric = kLastMetric},
        {.destination = prefix("10.245.0.0/16"), .type = RouteType::blackhole},
        {.destination = prefix("fd00:1::/64"),
         .via = ip("fe80::1"),
         .device = device_,
         .preferred_source = ip("fd00::1")},
        {.destination = prefix("fd00:2::/64"), .device = device_, .metric = 5},
        {.destination = prefix("10.246.0.0/16"), .device = device_, .table = 1000},
        {.destination = prefix("::/0"), .device = device_, .table = 100},
    };
    for (const Route& route : wanted)
        must(create_route(*netlink_, route));
    EXPECT_THAT(routes({.table = std::nullopt, .protocol = kFlatlanRoutes}),
                testing::IsSupersetOf(wanted));
    for (const Route& route : wanted) {
        const auto again = create_route(*netlink_, route);
        ASSERT_FALSE(again) << to_string(route);
        EXPECT_EQ(again.error().text(), "add route " + to_string(route) + ": File exists");
    }
    for (const Route& route : wanted)
        must(remove_route(*netlink_, route));
    for (const Route& route : wanted)
        must(remove_route(*netlink_, route));
    EXPECT_THAT(routes(), IsEmpty());
    EXPECT_THAT(routes({.table = 1000}), IsEmpty());
}

TEST_F(TablesTest, UnreachableRouteOfIpv6IsReadWithTheLoopbackAsItsDevice) {
    // As the kernel has it; who compares has to know.
    must(create_route(*netlink_,
                      {.destination = prefix("fd00::/56"), .type = RouteType::unreachable}));
    EXPECT_THAT(routes(), ElementsAre(Route{.destination = prefix("fd00::/56"),
                                            .type = RouteType::unreachable,
                                            .device = IfIndex{1}}));
}

TEST_F(TablesTest, RouteIsReplacedAtOnce) {
    Route route{.destination = prefix("10.244.1.0/26"), .device = device_};
    must(replace_route(*netlink_, route));
    route.via = ip("fe80::2");
    must(replace_route(*netlink_, route));
    EXPECT_THAT(routes(), ElementsAre(route));
}

TEST_F(TablesTest, RoutesAreFilteredByFamilyProtocolAndDevice) {
    const Route ours{.destination = prefix("10.1.0.0/16"), .device = device_};
    const Route theirs{
        .destination = prefix("10.2.0.0/16"), .device = device_, .protocol = RouteProtocol{4}};
    const Route nowhere{.destination = prefix("10.3.0.0/16"), .type = RouteType::blackhole};
    for (const auto& route : {ours, theirs, nowhere})
        must(create_route(*netlink_, route));
    EXPECT_THAT(routes(), UnorderedElementsAre(ours, nowhere));
    EXPECT_THAT(routes({.family = IpFamily::ipv4}), UnorderedElementsAre(ours, theirs, nowhere));
    EXPECT_THAT(routes({.family = IpFamily::ipv4, .device = device_}),
                UnorderedElementsAre(ours, theirs));
    EXPECT_THAT(routes({.family = IpFamily::ipv6, .protocol = kFlatlanRoutes}), IsEmpty());
}

TEST_F(TablesTest, NeighbourIsCreatedReplacedAndRemoved) {
    for (const char* text : {"10.244.1.0", "fe80::1"}) {
        SCOPED_TRACE(text);
        Neighbour wanted{.address = ip(text), .device = device_, .mac = MacAddress::local_from(9)};
        must(create_neighbour(*netlink_, wanted));
        const auto again = create_neighbour(*netlink_, wanted);
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().text(), "add neighbour " + to_string(wanted) + ": File exists");
        wanted.mac = MacAddress::local_from(10);
        must(replace_neighbour(*netlink_, wanted));
        EXPECT_EQ(must(find_neighbour(*netlink_, device_, wanted.address)), wanted);
        EXPECT_THAT(must(list_neighbours(*netlink_, device_)), Contains(wanted));
        EXPECT_EQ(must(count_learnt_neighbours(*netlink_)), 0U);
        must(remove_neighbour(*netlink_, wanted));
        must(remove_neighbour(*netlink_, wanted));
        EXPECT_THAT(must(list_neighbours(*netlink_, device_)), Not(Contains(wanted)));
        EXPECT_EQ(must(find_neighbour(*netlink_, device_, wanted.address)), std::nullopt);
    }
}

TEST_F(TablesTest, NeighbourThatIsNotPermanentCountsAsLearnt) {
    must(create_neighbour(*netlink_, {.address = ip("10.244.1.0"),
                                      .device = device_,
                                      .mac = MacAddress::local_from(9),
                                      .state = NeighbourState::stale}));
    EXPECT_EQ(must(count_learnt_neighbours(*netlink_)), 1U);
}

TEST_F(TablesTest, ForwardingEntryIsCreatedReplacedAndRemoved) {
    const IfIndex vxlan = make_vxlan();
    FdbEntry wanted{.mac = MacAddress::local_from(5), .device = vxlan, .remote = ip("172.31.0.2")};
    must(create_fdb_entry(*netlink_, wanted));
    const auto again = create_fdb_entry(*netlink_, wanted);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().text(), "add forwarding entry " + to_string(wanted) + ": File exists");
    wanted.remote = ip("172.31.0.3");
    must(replace_fdb_entry(*netlink_, wanted));
    EXPECT_THAT(must(list_fdb_entries(*netlink_, vxlan)), ElementsAre(wanted));
    must(remove_fdb_entry(*netlink_, wanted));
    must(remove_fdb_entry(*netlink_, wanted));
    EXPECT_THAT(must(list_fdb_entries(*netlink_, vxlan)), IsEmpty());
}

TEST_F(TablesTest, ManyForwardingEntriesAreReadBack) {
    const IfIndex vxlan = make_vxlan();
    NetlinkBatch batch;
    for (std::uint32_t i = 0; i < 3000; ++i)
        create_fdb_entry(batch, {.mac = MacAddress::local_from(100 + i),
                                 .device = vxlan,
                                 .remote = Ipv4Address{0xac1f'0002U + i}});
    must(netlink_->execute(batch));
    EXPECT_EQ(must(list_fdb_entries(*netlink_, vxlan)).size(), 3000U);
}

}  // namespace
}  // namespace flatlan
