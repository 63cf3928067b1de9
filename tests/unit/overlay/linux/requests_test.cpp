#include <gtest/gtest.h>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/linux/vxlan.hpp"

/// What each request says of itself when the kernel refuses it: the text is made of the request's
/// own octets, so this also shows that they say what was asked.
namespace flatlan {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }

const IfIndex kDevice{4};
const MacAddress kMac = MacAddress::from_text("02:00:00:00:00:01").value();

std::vector<std::string> described(const NetlinkBatch& batch) {
    std::vector<std::string> texts;
    for (const auto& request : batch.requests())
        texts.push_back(request.describe(NetlinkMessageView{batch.bytes_of(request)}));
    return texts;
}

template <typename Append>
std::vector<std::string> described_by(Append append) {
    NetlinkBatch batch;
    append(batch);
    return described(batch);
}

using Texts = std::vector<std::string>;

TEST(Requests, RoutesSayWhereTheyLead) {
    EXPECT_EQ(described_by([](auto& batch) {
                  create_route(batch, {.destination = prefix("10.244.1.0/26"),
                                       .via = ip("fe80::1"),
                                       .device = kDevice,
                                       .preferred_source = ip("10.244.0.1")});
                  replace_route(batch, {.destination = prefix("fd00::/56"),
                                        .type = RouteType::unreachable,
                                        .metric = kLastMetric});
                  remove_route(batch, {.destination = prefix("0.0.0.0/0"),
                                       .via = ip("169.254.1.1"),
                                       .device = kDevice,
                                       .on_link = true,
                                       .mtu = 1400,
                                       .table = 1000});
              }),
              (Texts{"add route 10.244.1.0/26 via fe80::1 dev 4 src 10.244.0.1",
                     "add route unreachable fd00::/56 metric 4294967040",
                     "delete route 0.0.0.0/0 via 169.254.1.1 dev 4 onlink mtu 1400 table 1000"}));
}

TEST(Requests, NeighboursAddressesAndForwardingEntriesSayWhoseTheyAre) {
    EXPECT_EQ(
        described_by([](auto& batch) {
            create_neighbour(batch, {.address = ip("10.244.1.0"), .device = kDevice, .mac = kMac});
            create_fdb_entry(batch, {.mac = kMac, .device = kDevice, .remote = ip("fd00:31::2")});
            remove_fdb_entry(batch, {.mac = kMac, .device = kDevice, .remote = ip("172.31.0.2")});
            create_address(batch,
                           {.address = ip("10.0.0.1"), .length_bits = 32, .device = kDevice});
        }),
        (Texts{"add neighbour 10.244.1.0 at 02:00:00:00:00:01 on interface 4",
               "add forwarding entry 02:00:00:00:00:01 behind fd00:31::2 on interface 4",
               "delete forwarding entry 02:00:00:00:00:01 behind 172.31.0.2 on interface 4",
               "add address 10.0.0.1/32 on interface 4"}));
}

TEST(Requests, LinksSayWhatBecomesOfThem) {
    EXPECT_EQ(described_by([](auto& batch) {
                  create_veth(batch, {.near = {.name = InterfaceName{"p1"}, .mac = kMac},
                                      .far = {.name = InterfaceName{"eth0"}, .mac = kMac}});
                  set_link(batch, InterfaceName{"p1"}, {.up = true});
                  set_link(batch, kDevice, {.mtu = LinkMtu{1400}});
                  remove_link(batch, InterfaceName{"p1"});
                  remove_link_group(batch, LinkGroup{7});
              }),
              (Texts{"create veth 'p1'", "change 'p1'", "change interface 4", "delete 'p1'",
                     "delete interfaces of group 7"}));
    EXPECT_EQ(described_by([](auto& batch) {
                  create_vxlan(batch, {.name = InterfaceName{"flat0"},
                                       .mac = kMac,
                                       .settings = {.local = ip("172.31.0.1")}});
              }).front(),
              "create vxlan 'flat0'");
}

TEST(Requests, Ipv6AddressBringsTheRouteThatMakesItUsableAtOnce) {
    const InterfaceAddress address{.address = ip("fd00::1"), .length_bits = 128, .device = kDevice};
    EXPECT_EQ(described_by([&](auto& batch) { create_address(batch, address); }),
              (Texts{"add address fd00::1/128 on interface 4",
                     "add route local fd00::1/128 dev 4 table 255"}));
    EXPECT_EQ(described_by([&](auto& batch) { remove_address(batch, address); }),
              (Texts{"delete route local fd00::1/128 dev 4 table 255",
                     "delete address fd00::1/128 on interface 4"}));
}

TEST(LinkMtu, IsMadeOfTheMtuOfEitherSide) {
    EXPECT_EQ(LinkMtu{OverlayMtu{1450}}, LinkMtu{1450});
    EXPECT_EQ(LinkMtu{UnderlayMtu{1500}}.value(), 1500U);
}

}  // namespace
}  // namespace flatlan
