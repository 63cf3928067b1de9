#include "tunnel/engine/forwarding.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/packets.hpp"

namespace flatlan::tunnel {
namespace {

/// The longest prefix that contains the address, found by looking at every route.
std::optional<std::uint32_t> slow_find(const std::vector<Route>& routes, const IpAddress& address) {
    const Route* best = nullptr;
    for (const Route& route : routes)
        if (route.prefix.contains(address) &&
            (best == nullptr || route.prefix.length_bits() > best->prefix.length_bits()))
            best = &route;
    return best == nullptr ? std::nullopt : std::optional{best->owner};
}

TEST(Forwarding, AnEmptyTableKnowsNobody) {
    EXPECT_EQ(Forwarding{}.find(ip("10.0.0.1")), std::nullopt);
    EXPECT_EQ(Forwarding::from({}).value().find(ip("::")), std::nullopt);
}

TEST(Forwarding, TheLongestPrefixWinsAndEndsWhereItEnds) {
    const std::vector<Route> routes{{prefix("10.0.0.0/8"), 1},
                                    {prefix("10.244.0.0/16"), 2},
                                    {prefix("10.244.3.0/26"), 3},
                                    {prefix("10.244.3.7/32"), 4}};
    const Forwarding table = Forwarding::from(routes).value();
    EXPECT_EQ(table.find(ip("10.244.3.7")), 4U);
    EXPECT_EQ(table.find(ip("10.244.3.6")), 3U);
    EXPECT_EQ(table.find(ip("10.244.3.8")), 3U);
    EXPECT_EQ(table.find(ip("10.244.3.63")), 3U);
    EXPECT_EQ(table.find(ip("10.244.3.64")), 2U);
    EXPECT_EQ(table.find(ip("10.245.0.0")), 1U);
    EXPECT_EQ(table.find(ip("11.0.0.0")), std::nullopt);
    EXPECT_EQ(table.find(ip("9.255.255.255")), std::nullopt);
    EXPECT_EQ(table.find(ip("::ffff:10.244.3.7")), std::nullopt) << "the other family";
}

TEST(Forwarding, ADefaultRouteReachesBothEndsOfItsFamily) {
    const std::vector<Route> routes{
        {prefix("0.0.0.0/0"), 4}, {prefix("::/0"), 6}, {prefix("255.255.255.255/32"), 5}};
    const Forwarding table = Forwarding::from(routes).value();
    EXPECT_EQ(table.find(ip("0.0.0.0")), 4U);
    EXPECT_EQ(table.find(ip("255.255.255.254")), 4U);
    EXPECT_EQ(table.find(ip("255.255.255.255")), 5U);
    EXPECT_EQ(table.find(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 6U);
}

TEST(Forwarding, RefusesAPrefixWithTwoOwnersAndNamesIt) {
    const std::vector<Route> routes{{prefix("fd00::/64"), 1}, {prefix("fd00::/64"), 2}};
    const auto refused = Forwarding::from(routes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_EQ(refused.error().text(), "prefix fd00::/64 has two owners");

    const std::vector<Route> twice{{prefix("fd00::/64"), 1}, {prefix("fd00::/64"), 1}};
    EXPECT_EQ(Forwarding::from(twice).value().find(ip("fd00::1")), 1U);
}

/// A prefix in a small corner of its family, so that many of them nest and touch.
IpPrefix random_prefix(Prng& prng) {
    const bool ipv4 = prng.chance(1, 2);
    const unsigned length = ipv4 ? 20U + static_cast<unsigned>(prng.below(13))
                                 : 116U + static_cast<unsigned>(prng.below(13));
    const std::uint64_t corner =
        prng.chance(1, 4) ? ~std::uint64_t{0} : 0;  // the lowest, the highest
    const auto low = static_cast<std::uint16_t>(prng.below(4096));
    const IpAddress address =
        ipv4 ? IpAddress{Ipv4Address{static_cast<std::uint32_t>(corner) << 12U | low}}
             : IpAddress{Ipv6Address::from_halves(corner, corner << 12U | low)};
    return IpPrefix::containing(address, prng.chance(1, 50) ? 0 : length);
}

TEST(Forwarding, AgreesWithTheSlowModelOnRandomPrefixes) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        std::vector<Route> routes;
        const std::uint64_t count = prng.below(40);
        for (std::uint64_t i = 0; i < count; ++i) {
            const IpPrefix candidate = random_prefix(prng);
            const auto same = [&](const Route& route) { return route.prefix == candidate; };
            if (std::none_of(routes.begin(), routes.end(), same))
                routes.push_back({candidate, static_cast<std::uint32_t>(i)});
        }
        const auto table = Forwarding::from(routes);
        ASSERT_TRUE(table);
        for (int look_up = 0; look_up < 300; ++look_up) {
            const IpPrefix near = random_prefix(prng);
            for (const IpAddress& address : {near.address(), near.last()})
                ASSERT_EQ(table.value().find(address), slow_find(routes, address))
                    << to_string(address);
        }
        for (const Route& route : routes)  // right on each border
            for (const IpAddress& address : {route.prefix.address(), route.prefix.last()})
                ASSERT_EQ(table.value().find(address), slow_find(routes, address))
                    << to_string(address);
    }
}

}  // namespace
}  // namespace flatlan::tunnel
