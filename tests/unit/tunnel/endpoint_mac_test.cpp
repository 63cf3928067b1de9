#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tunnel/backend.hpp"

namespace flatlan::tunnel {
namespace {

NodeName name(const std::string& text) { return NodeName::from(text).value(); }

// Peers know the address by heart: it must never change from one version to the next.
TEST(EndpointMac, IsTheSameForEver) {
    EXPECT_EQ(to_string(endpoint_mac(name("n1"), Vni{1})), "16:80:0c:bd:7f:7d");
    EXPECT_EQ(to_string(endpoint_mac(name("n1"), Vni{2})), "66:a8:19:bf:d4:24");
}

TEST(EndpointMac, IsLocalAndUnicastAndDiffersAmongThousandsOfNodes) {
    std::set<MacAddress> seen;
    for (int i = 0; i < 5000; ++i)
        for (const std::uint32_t vni : {1U, 2U}) {
            const MacAddress mac = endpoint_mac(name("n" + std::to_string(i)), Vni{vni});
            EXPECT_FALSE(mac.is_multicast());
            EXPECT_EQ(mac.octets()[0] & std::byte{0x02}, std::byte{0x02});
            EXPECT_TRUE(seen.insert(mac).second) << "node " << i << ", VNI " << vni;
        }
}

}  // namespace
}  // namespace flatlan::tunnel
