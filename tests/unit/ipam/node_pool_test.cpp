#include "ipam/node_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::ipam {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
LeaseKey pod(std::uint64_t number) {
    return LeaseKey::from("net", "pod" + std::to_string(number), "eth0").value();
}
Instant at(Duration since_start) { return Instant{} + since_start; }

constexpr AddressRequest kIpv4{.ipv4 = true};
constexpr AddressRequest kBoth{.ipv4 = true, .ipv6 = true};

AddressRequest exactly(std::string_view text) {
    AddressRequest request;
    request.wanted.set(address(text));
    return request;
}

NodePool pool_of(std::initializer_list<std::string_view> blocks, PoolRules rules = {}) {
    NodePool pool{std::move(rules)};
    for (const auto block : blocks)
        EXPECT_TRUE(pool.add_block(prefix(block)));
    return pool;
}

TEST(NodePool, GivesEveryAddressOfABlockOnceAndThenSaysThatNoneIsLeft) {
    NodePool pool = pool_of({"10.244.0.0/26"});
    for (std::uint64_t i = 0; i < 64; ++i)
        EXPECT_EQ(pool.allocate(pod(i), kIpv4).value().find(IpFamily::ipv4),
                  prefix("10.244.0.0/26").at(i));
    const auto refused = pool.allocate(pod(64), kIpv4);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::exhausted);
    EXPECT_THAT(refused.error().text(), HasSubstr("IPv4"));
}

TEST(NodePool, DualStackIsAllOrNothing) {
    NodePool pool = pool_of({"10.244.0.0/26", "fd00::/128"});
    ASSERT_TRUE(pool.allocate(pod(0), kBoth));
    const auto refused = pool.allocate(pod(1), kBoth);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::exhausted);
    EXPECT_THAT(refused.error().text(), HasSubstr("IPv6"));
    EXPECT_FALSE(pool.find(pod(1)));
    EXPECT_EQ(pool.usage(at(0s), IpFamily::ipv4).leased, 1U);
}

TEST(NodePool, GivesTheLongestRestedAddressWhenNoFreshOneIsLeft) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    for (std::uint64_t i = 0; i < 4; ++i)
        ASSERT_TRUE(pool.allocate(pod(i), kIpv4));
    for (const std::uint64_t i : {2, 0, 3, 1})
        ASSERT_TRUE(pool.release(at(1s), pod(i)));
    for (const auto* expected : {"10.244.0.2", "10.244.0.0", "10.244.0.3", "10.244.0.1"}) {
        const auto given = pool.allocate(pod(10 + pool.lease_count()), kIpv4);
        EXPECT_EQ(given.value().find(IpFamily::ipv4), address(expected));
    }
}

TEST(NodePool, LeavesAFreedAddressAloneWhileAFreshOneIsThere) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    ASSERT_TRUE(pool.allocate(pod(0), kIpv4));
    ASSERT_TRUE(pool.release(at(0s), pod(0)));
    EXPECT_EQ(pool.allocate(pod(1), kIpv4).value().ipv4, address("10.244.0.1").ipv4());
}

TEST(NodePool, CountsAFreedAddressAsCoolingUntilItHasRested) {
    NodePool pool = pool_of({"10.244.0.0/30"}, {.cool_down = 10s});
    ASSERT_TRUE(pool.allocate(pod(0), kIpv4));
    ASSERT_TRUE(pool.release(at(100s), pod(0)));
    const PoolUsage cooling{.free = 3, .cooling = 1};
    const PoolUsage rested{.free = 4};
    EXPECT_EQ(pool.usage(at(109s), prefix("10.244.0.0/30")), cooling);
    EXPECT_EQ(pool.usage(at(109s), IpFamily::ipv4), cooling);
    EXPECT_EQ(pool.usage(at(110s), prefix("10.244.0.0/30")), rested);
    EXPECT_EQ(pool.usage(at(110s), IpFamily::ipv4), rested);
}

TEST(NodePool, SurvivesAClockThatGoesBack) {
    NodePool pool = pool_of({"10.244.0.0/31"}, {.cool_down = 10s});
    for (const std::uint64_t i : {0, 1})
        ASSERT_TRUE(pool.allocate(pod(i), kIpv4));
    ASSERT_TRUE(pool.release(at(100s), pod(1)));
    ASSERT_TRUE(pool.release(at(50s), pod(0)));
    EXPECT_EQ(pool.usage(at(50s), IpFamily::ipv4).cooling, 2U);
    EXPECT_EQ(pool.usage(at(110s), IpFamily::ipv4).free, 2U);
    EXPECT_EQ(pool.allocate(pod(2), kIpv4).value().ipv4, address("10.244.0.1").ipv4());
}

TEST(NodePool, WantsABlockWhenFewerThanAQuarterAreFree) {
    NodePool pool = pool_of({}, {.excluded = {prefix("10.244.0.0/30")}});
    EXPECT_TRUE(pool.wants_block(at(0s), IpFamily::ipv4));
    ASSERT_TRUE(pool.add_block(prefix("10.244.0.0/29")));  // four that pods can have
    for (std::uint64_t i = 0; i < 3; ++i) {
        EXPECT_FALSE(pool.wants_block(at(0s), IpFamily::ipv4)) << i;
        ASSERT_TRUE(pool.allocate(pod(i), kIpv4));
    }
    EXPECT_FALSE(pool.wants_block(at(0s), IpFamily::ipv4));
    ASSERT_TRUE(pool.allocate(pod(3), kIpv4));
    EXPECT_TRUE(pool.wants_block(at(0s), IpFamily::ipv4));
    ASSERT_TRUE(pool.release(at(0s), pod(3)));
    EXPECT_TRUE(pool.wants_block(at(1s), IpFamily::ipv4)) << "a cooling address is not free";
    EXPECT_FALSE(pool.wants_block(at(1s + PoolRules::kCoolDown), IpFamily::ipv4));
}

TEST(NodePool, GivesAnAddressThatWasAskedFor) {
    NodePool pool = pool_of({"10.244.0.0/26"});
    EXPECT_EQ(pool.allocate(pod(0), exactly("10.244.0.7")).value().ipv4,
              address("10.244.0.7").ipv4());
    ASSERT_TRUE(pool.release(at(0s), pod(0)));
    EXPECT_TRUE(pool.allocate(pod(1), exactly("10.244.0.7"))) << "a cooling one too";
    for (std::uint64_t i = 2; i < 65; ++i)
        EXPECT_NE(pool.allocate(pod(i), kIpv4).value().ipv4, address("10.244.0.7").ipv4());
}

TEST(NodePool, RefusesAnAddressThatItCannotGiveAndSaysWhy) {
    NodePool pool = pool_of({"10.244.0.0/26"}, {.excluded = {prefix("10.244.0.8/32")}});
    ASSERT_TRUE(pool.allocate(pod(1), exactly("10.244.0.7")));
    const auto refusal = [&](std::string_view text) {
        return pool.allocate(pod(2), exactly(text)).error();
    };
    EXPECT_EQ(refusal("10.244.0.7").code(), ErrorCode::conflict);
    EXPECT_THAT(refusal("10.244.0.7").text(), HasSubstr("net/pod1/eth0"));
    EXPECT_EQ(refusal("10.244.0.8").code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refusal("10.244.0.8").text(), HasSubstr("excluded"));
    EXPECT_EQ(refusal("10.244.0.64").code(), ErrorCode::not_found);
    EXPECT_EQ(refusal("10.244.0.64").expected(), "one in 10.244.0.0/26");
    EXPECT_EQ(pool.lease_count(), 1U);
}

TEST(NodePool, GivesAReservedAddressOnlyWhenAskedForIt) {
    NodePool pool = pool_of({"10.244.0.0/30"}, {.reserved = {prefix("10.244.0.0/31")}});
    ASSERT_TRUE(pool.allocate(pod(0), exactly("10.244.0.1")));
    ASSERT_TRUE(pool.release(at(0s), pod(0)));
    EXPECT_EQ(pool.usage(at(0s), IpFamily::ipv4), (PoolUsage{.free = 2, .reserved = 2}));
    EXPECT_EQ(pool.allocate(pod(1), kIpv4).value().ipv4, address("10.244.0.2").ipv4());
    EXPECT_EQ(pool.allocate(pod(2), kIpv4).value().ipv4, address("10.244.0.3").ipv4());
    EXPECT_FALSE(pool.allocate(pod(3), kIpv4));
}

TEST(NodePool, RefusesASecondLeaseUnderOneKey) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    ASSERT_TRUE(pool.allocate(pod(0), kIpv4));
    const auto refused = pool.allocate(pod(0), kIpv4);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
    EXPECT_THAT(refused.error().text(), HasSubstr("10.244.0.0"));
}

TEST(NodePool, RefusesARequestForNoAddress) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    EXPECT_EQ(pool.allocate(pod(0), {}).error().code(), ErrorCode::invalid_argument);
}

TEST(NodePool, FindsALeaseByKeyAndByAddress) {
    NodePool pool = pool_of({"10.244.0.0/30", "fd00::/126"});
    const auto key = LeaseKey::of_node(NodeName::from("n1").value());
    ASSERT_TRUE(pool.allocate(key, kBoth));
    EXPECT_EQ(pool.find(key)->addresses.ipv6, address("fd00::").ipv6());
    EXPECT_EQ(pool.find(address("fd00::"))->key, key);
    EXPECT_FALSE(pool.find(address("fd00::1")));
    EXPECT_FALSE(pool.find(address("fd01::1")));
    EXPECT_EQ(pool.leases_in(prefix("fd00::/64")).size(), 1U);
}

TEST(NodePool, RefusesABlockThatOverlapsOneThatItHas) {
    NodePool pool = pool_of({"10.244.0.0/26"});
    for (const auto* text : {"10.244.0.0/26", "10.244.0.32/27", "10.244.0.0/16"}) {
        const auto refused = pool.add_block(prefix(text));
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code(), ErrorCode::already_exists);
        EXPECT_THAT(refused.error().text(), HasSubstr("10.244.0.0/26"));
    }
    EXPECT_TRUE(pool.add_block(prefix("10.244.0.64/26")));
    EXPECT_FALSE(pool.add_block(prefix("10.0.0.0/7")));
}

TEST(NodePool, RemovesABlockOnlyWhenNoLeaseIsInIt) {
    NodePool pool = pool_of({"10.244.0.0/30", "10.244.0.4/30"});
    ASSERT_TRUE(pool.allocate(pod(7), exactly("10.244.0.5")));
    EXPECT_EQ(pool.remove_block(prefix("10.244.0.8/30")).error().code(), ErrorCode::not_found);
    const auto refused = pool.remove_block(prefix("10.244.0.4/30"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_THAT(refused.error().text(), HasSubstr("net/pod7/eth0"));
    ASSERT_TRUE(pool.release(at(0s), pod(7)));
    EXPECT_TRUE(pool.remove_block(prefix("10.244.0.4/30")));
    EXPECT_EQ(pool.usage(at(0s), IpFamily::ipv4), (PoolUsage{.free = 4}));
    EXPECT_EQ(pool.blocks(), std::vector{prefix("10.244.0.0/30")});
}

TEST(NodePool, GivesNothingOutOfABlockThatItOnlyHolds) {
    NodePool pool;
    ASSERT_TRUE(pool.hold_block(prefix("10.244.0.0/30")));
    EXPECT_TRUE(pool.hold_block(prefix("10.244.0.0/30"))) << "holding twice is no failure";
    EXPECT_EQ(pool.hold_block(prefix("10.244.0.0/24")).error().code(), ErrorCode::already_exists);
    EXPECT_EQ(pool.allocate(pod(0), kIpv4).error().code(), ErrorCode::exhausted);
    EXPECT_EQ(pool.serve_block(prefix("10.244.0.4/30")).error().code(), ErrorCode::not_found);
    ASSERT_TRUE(pool.serve_block(prefix("10.244.0.0/30")));
    EXPECT_TRUE(pool.serve_block(prefix("10.244.0.0/30"))) << "serving twice is no failure";
    EXPECT_TRUE(pool.allocate(pod(0), kIpv4));
    ASSERT_TRUE(pool.hold_block(prefix("10.244.0.4/30")));
    const PoolView view = pool.view(at(0s));
    ASSERT_EQ(view.blocks.size(), 2U);
    EXPECT_EQ(view.blocks[0], (HeldBlock{prefix("10.244.0.0/30"), true, {.leased = 1, .free = 3}}));
    EXPECT_EQ(view.blocks[1], (HeldBlock{prefix("10.244.0.4/30"), false}));
    EXPECT_EQ(view.leases.size(), 1U);
}

TEST(NodePool, ARevokedBlockTakesItsAddressesFromTheirLeasesAndLeavesTheRest) {
    NodePool pool = pool_of({"10.244.0.0/31", "10.244.0.4/31", "fd00::/126"});
    ASSERT_TRUE(pool.allocate(pod(0), kBoth));
    ASSERT_TRUE(pool.allocate(pod(1), kIpv4));
    ASSERT_TRUE(pool.allocate(pod(2), kBoth));
    const auto lost = pool.revoke_block(prefix("10.244.0.0/31")).value();
    ASSERT_EQ(lost.size(), 2U);
    EXPECT_EQ(lost[0].addresses.ipv4, address("10.244.0.0").ipv4());
    EXPECT_EQ(pool.find(pod(0))->addresses.ipv4, std::nullopt);
    EXPECT_EQ(pool.find(pod(0))->addresses.ipv6, address("fd00::").ipv6());
    EXPECT_FALSE(pool.find(pod(1)));
    EXPECT_TRUE(pool.find(pod(2))->addresses.ipv4);
    EXPECT_EQ(pool.usage(at(0s), IpFamily::ipv4), (PoolUsage{.leased = 1, .free = 1}));
    EXPECT_TRUE(pool.release(at(0s), pod(0)));
    EXPECT_EQ(pool.revoke_block(prefix("10.244.0.0/31")).error().code(), ErrorCode::not_found);
}

TEST(NodePool, RestoresLeasesAndTheOrderOfRest) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    const Lease lease{pod(0), {.ipv4 = address("10.244.0.2").ipv4(), .ipv6 = {}}, {}};
    ASSERT_TRUE(pool.restore(lease));
    for (const auto* text : {"10.244.0.3", "10.244.0.0", "10.244.0.1", "10.9.9.9"})
        pool.restore_resting(at(5s), address(text));
    EXPECT_EQ(pool.find(pod(0)), lease);
    EXPECT_EQ(pool.allocate(pod(1), kIpv4).value().ipv4, address("10.244.0.3").ipv4());
    EXPECT_EQ(pool.allocate(pod(2), kIpv4).value().ipv4, address("10.244.0.0").ipv4());
}

TEST(NodePool, RefusesToRestoreWhatContradictsItself) {
    NodePool pool = pool_of({"10.244.0.0/30"});
    const IpAddresses held{.ipv4 = address("10.244.0.2").ipv4(), .ipv6 = {}};
    ASSERT_TRUE(pool.restore({pod(0), held, {}}));
    EXPECT_EQ(pool.restore({pod(0), held, {}}).error().code(), ErrorCode::corrupt);
    const auto twice = pool.restore({pod(1), held, {}});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(twice.error().text(), HasSubstr("net/pod0/eth0"));
    const IpAddresses outside{.ipv4 = address("10.9.9.9").ipv4(), .ipv6 = {}};
    EXPECT_EQ(pool.restore({pod(2), outside, {}}).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace flatlan::ipam
