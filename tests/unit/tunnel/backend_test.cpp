#include "tunnel/backend.hpp"

#include <gtest/gtest.h>

namespace flatlan::tunnel {
namespace {

std::uint32_t mtu(BackendKind kind, std::uint32_t underlay, IpFamily outer,
                  bool carries_ipv6 = false) {
    return overlay_mtu(kind, UnderlayMtu{underlay}, outer, carries_ipv6).value().value();
}

TEST(BackendKind, HasTheLabFilesWord) {
    for (const BackendKind kind : {BackendKind::kernel, BackendKind::user, BackendKind::direct})
        EXPECT_EQ(backend_from_text(to_string(kind)).value(), kind);
    EXPECT_EQ(to_string(BackendKind::kernel), "kernel");
    EXPECT_EQ(to_string(BackendKind::user), "user");
    EXPECT_EQ(to_string(BackendKind::direct), "direct");
}

TEST(BackendKind, RefusesAnyOtherWordAndNamesThoseThereAre) {
    for (const char* word : {"", "Kernel", "vxlan", "kernel "})
        EXPECT_FALSE(backend_from_text(word)) << '\'' << word << '\'';
    EXPECT_EQ(backend_from_text("vxlan").error().to_string(),
              "'vxlan' is no tunnel backend (expected kernel, user or direct)");
}

// RFC 7348, section 4.3: outer IP header, UDP, VXLAN and the inner Ethernet header are taken off.
TEST(OverlayMtu, LeavesRoomForTheOuterHeaders) {
    for (const BackendKind kind : {BackendKind::kernel, BackendKind::user}) {
        EXPECT_EQ(mtu(kind, 1500, IpFamily::ipv4), 1450U);
        EXPECT_EQ(mtu(kind, 1500, IpFamily::ipv6), 1430U);
        EXPECT_EQ(mtu(kind, 9000, IpFamily::ipv4), 8950U);
        EXPECT_EQ(mtu(kind, 65535, IpFamily::ipv6), 65465U);
    }
}

TEST(OverlayMtu, IsTheUnderlaysWhereNothingIsEncapsulated) {
    EXPECT_EQ(mtu(BackendKind::direct, 1500, IpFamily::ipv4), 1500U);
    EXPECT_EQ(mtu(BackendKind::direct, 1500, IpFamily::ipv6, true), 1500U);
}

TEST(OverlayMtu, KeepsWhatIpv6AsksOfALink) {
    EXPECT_EQ(mtu(BackendKind::kernel, 1330, IpFamily::ipv4, true), 1280U);
    EXPECT_EQ(mtu(BackendKind::kernel, 1350, IpFamily::ipv6, true), 1280U);
    EXPECT_EQ(mtu(BackendKind::direct, 1280, IpFamily::ipv6, true), 1280U);

    const auto refused =
        overlay_mtu(BackendKind::kernel, UnderlayMtu{1329}, IpFamily::ipv4, true).error();
    EXPECT_EQ(refused.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.to_string(),
              "an underlay MTU of 1329 octets leaves less than 1280 for pods (expected at least "
              "1330 octets)");
}

TEST(OverlayMtu, KeepsWhatIpv4AsksOfALink) {
    EXPECT_EQ(mtu(BackendKind::kernel, 118, IpFamily::ipv4), 68U);
    EXPECT_FALSE(overlay_mtu(BackendKind::kernel, UnderlayMtu{117}, IpFamily::ipv4, false));
    EXPECT_FALSE(overlay_mtu(BackendKind::user, UnderlayMtu{137}, IpFamily::ipv6, false));
    EXPECT_EQ(mtu(BackendKind::direct, 68, IpFamily::ipv4), 68U);
}

TEST(TunnelChange, IsEmptyOnlyWhenNothingWasDone) {
    EXPECT_TRUE(TunnelChange{}.empty());
    EXPECT_FALSE((TunnelChange{.added = 1, .replaced = 0, .removed = 0}.empty()));
    EXPECT_FALSE((TunnelChange{.added = 0, .replaced = 1, .removed = 0}.empty()));
    EXPECT_FALSE((TunnelChange{.added = 0, .replaced = 0, .removed = 1}.empty()));
}

}  // namespace
}  // namespace flatlan::tunnel
