#include "overlay/base/network_values.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace flatlan {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

TEST(Vni, HasTwentyFourBits) {
    EXPECT_EQ(Vni::from(0).value().value(), 0U);
    EXPECT_EQ(Vni::from(16'777'215).value(), Vni{0xff'ffff});
    EXPECT_EQ(Vni::from(16'777'216).error().to_string(),
              "VNI 16777216 needs more than 24 bits (expected 0 to 16777215)");
    EXPECT_FALSE(Vni::from(kHuge));
}

TEST(Port, IsOneTo65535AndZeroOnlyByItsName) {
    EXPECT_EQ(Port::from(1).value(), Port{1});
    EXPECT_EQ(Port::from(65'535).value(), Port{65'535});
    EXPECT_FALSE(Port::from(0));
    EXPECT_FALSE(Port::from(65'536));
    EXPECT_FALSE(Port::from(kHuge));
    EXPECT_EQ(Port::any().value(), 0);
}

TEST(Mtu, IsWhatALinkCanPass) {
    EXPECT_EQ(UnderlayMtu::from(68).value().value(), 68U);
    EXPECT_EQ(OverlayMtu::from(65'535).value().value(), 65'535U);
    EXPECT_FALSE(UnderlayMtu::from(67));
    EXPECT_FALSE(UnderlayMtu::from(65'536));
    EXPECT_FALSE(OverlayMtu::from(kHuge));
}

TEST(Mtu, UnderTheTunnelIsNoMtuInsideIt) {
    EXPECT_FALSE((std::is_convertible_v<UnderlayMtu, OverlayMtu>));
    EXPECT_FALSE((std::is_constructible_v<OverlayMtu, UnderlayMtu>));
}

TEST(Endpoint, BracketsAnIpv6Address) {
    EXPECT_EQ(to_string(Endpoint{IpAddress::from_text("172.31.0.1").value(), kVxlanPort}),
              "172.31.0.1:4789");
    EXPECT_EQ(to_string(Endpoint{IpAddress::from_text("fd00::1").value(), Port{80}}),
              "[fd00::1]:80");
}

TEST(InterfaceName, IsWhatTheKernelTakes) {
    for (const char* text : {"a", "eth0", "fl-0123456789ab", "...", "a.b", "-"})
        EXPECT_TRUE(InterfaceName::from(text)) << text;
    for (const char* text :
         {"", ".", "..", "sixteen-letters-", "a/b", "a:b", "a b", "a\tb", "a\nb"})
        EXPECT_FALSE(InterfaceName::from(text)) << text;
    EXPECT_FALSE(InterfaceName::from(std::string_view{"a\0b", 3}));
}

TEST(NetworkValues, AbortOnAValueOfOursThatDoesNotFit) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(Vni{0x100'0000}, "kMax");
    EXPECT_DEATH(UnderlayMtu{67}, "kMin");
    EXPECT_DEATH(IfIndex{0}, "value > 0");
    EXPECT_DEATH(InterfaceName{"a/b"}, "is_interface_name");
}

}  // namespace
}  // namespace flatlan
