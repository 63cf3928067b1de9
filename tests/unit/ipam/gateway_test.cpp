#include "ipam/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ipam/audit.hpp"

namespace flatlan::ipam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }
Lease lease(LeaseKey key, std::string_view text) {
    Lease made{std::move(key), {}, {}};
    made.addresses.set(address(text));
    return made;
}

/// A node of two blocks, and one network's gateway in the first.
struct GatewayTest : testing::Test {
    GatewayTest() {
        for (const auto* block : {"10.244.0.0/26", "10.244.0.64/26"})
            pool.blocks.push_back({prefix(block), true, {}});
        pool.leases.push_back(gateway);
    }
    void hold(std::string_view key, std::string_view text) {
        pool.leases.push_back(lease(LeaseKey::from_text(key).value(), text));
    }

    const Lease gateway = lease(gateway_key("net", prefix("10.244.0.0/26")), "10.244.0.1");
    PoolView pool;
};

TEST_F(GatewayTest, HasAKeyOfItsOwnInEachBlock) {
    EXPECT_EQ(gateway.key.text(), "net/gateway-10.244.0.0-26/gateway");
    EXPECT_EQ(gateway_key("net", prefix("fd00::40/122")).text(),
              "net/gateway-fd00__40-122/gateway");
    EXPECT_TRUE(is_gateway(gateway.key));
    for (const auto* other : {"net/web/eth0", "net/gateway-a/eth0", "net/web/gateway", "node:n1"})
        EXPECT_FALSE(is_gateway(LeaseKey::from_text(other).value())) << other;
}

TEST_F(GatewayTest, IsUsedWhileTheNodeHasItsAddress) {
    EXPECT_THAT(unused_gateways(pool, {}), ElementsAre(gateway));
    EXPECT_THAT(unused_gateways(pool, {address("10.244.0.1")}), IsEmpty());
    EXPECT_THAT(used_gateways(pool, {address("10.244.0.1")}), ElementsAre(gateway));
}

TEST_F(GatewayTest, IsUsedWhileItsNetworkHasAContainerInItsBlock) {
    hold("other/web/eth0", "10.244.0.2");
    hold("net/web/eth0", "10.244.0.66");
    hold("node:n1", "10.244.0.0");
    EXPECT_THAT(used_gateways(pool, {}), IsEmpty());
    hold("net/db/eth0", "10.244.0.3");
    EXPECT_THAT(used_gateways(pool, {}), ElementsAre(gateway));
    EXPECT_THAT(unused_gateways(pool, {}), IsEmpty());
}

TEST_F(GatewayTest, IsMissedInNoPodsNamespace) {
    const NodeSurvey kept{{NodeName::from("n1").value(), Incarnation{1}}, pool, {}, {gateway.key}};
    EXPECT_THAT(audit({{prefix("10.244.0.0/16")}, {kept}, std::nullopt}), IsEmpty());
}

}  // namespace
}  // namespace flatlan::ipam
