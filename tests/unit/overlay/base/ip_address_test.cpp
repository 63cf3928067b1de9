#include "overlay/base/ip_address.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace flatlan {
namespace {

Ipv6Address v6(std::string_view text) { return Ipv6Address::from_text(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::from_text(text).value(); }

TEST(Ipv4Address, ReadsAndWritesDottedDecimal) {
    const Ipv4Address read = Ipv4Address::from_text("10.244.0.1").value();
    EXPECT_EQ(read.value(), 0x0af4'0001U);
    for (const char* text : {"0.0.0.0", "10.244.0.1", "255.255.255.255"})
        EXPECT_EQ(to_string(Ipv4Address::from_text(text).value()), text);
}

TEST(Ipv4Address, RefusesEveryOtherForm) {
    for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ",
                             " 1.2.3.4", "1.2.3.-4", "0x1.2.3.4", "1.2.3.4/8", "::1", "localhost"})
        EXPECT_FALSE(Ipv4Address::from_text(text)) << '\'' << text << '\'';
}

TEST(Ipv4Address, NamesTheTextItRefusesAndShowsARightOne) {
    const Error error = Ipv4Address::from_text("1.2.3").error();
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error.to_string(),
              "'1.2.3' is no IPv4 address (expected four decimal parts, such as 10.244.0.1)");
}

TEST(Ipv4Address, HasItsOctetsInNetworkOrder) {
    const std::array octets{std::byte{10}, std::byte{244}, std::byte{0}, std::byte{1}};
    EXPECT_EQ(Ipv4Address{0x0af4'0001}.octets(), octets);
    EXPECT_EQ(Ipv4Address::from_octets(octets), Ipv4Address{0x0af4'0001});
}

TEST(Ipv4Address, KnowsItsSpecialRangesToTheirLastAddress) {
    const auto v4 = [](const char* text) { return Ipv4Address::from_text(text).value(); };
    EXPECT_TRUE(v4("0.0.0.0").is_unspecified());
    EXPECT_FALSE(v4("0.0.0.1").is_unspecified());
    EXPECT_TRUE(v4("127.255.255.255").is_loopback());
    EXPECT_FALSE(v4("128.0.0.0").is_loopback());
    EXPECT_TRUE(v4("169.254.0.0").is_link_local());
    EXPECT_FALSE(v4("169.255.0.0").is_link_local());
    EXPECT_TRUE(v4("224.0.0.0").is_multicast());
    EXPECT_TRUE(v4("239.255.255.255").is_multicast());
    EXPECT_FALSE(v4("240.0.0.0").is_multicast());
    EXPECT_TRUE(v4("255.255.255.255").is_broadcast());
    EXPECT_FALSE(v4("255.255.255.254").is_broadcast());
}

// RFC 5952, section 4: one text for each address.
TEST(Ipv6Address, IsWrittenInItsCanonicalText) {
    const std::pair<const char*, const char*> table[] = {
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},  // 4.1, 4.2.1
        {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},                   // 4.2.1
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: one group is not shortened
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest run
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // 4.2.3: of two alike the first
        {"2001:DB8::ABCD", "2001:db8::abcd"},              // 4.3
        {"0:0:0:0:0:0:0:0", "::"},
        {"0:0:0:0:0:0:0:1", "::1"},
        {"fd00:10:244:0:0:0:0:0", "fd00:10:244::"},
        {"::ffff:10.244.0.1", "::ffff:10.244.0.1"},  // section 5
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    };
    for (const auto& [text, canonical] : table)
        EXPECT_EQ(to_string(v6(text)), canonical) << text;
}

TEST(Ipv6Address, RefusesEveryOtherForm) {
    for (const char* text :
         {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
          "12345::", "g::", "fe80::1%eth0", "::1/128", "[::1]", "::1 ", "10.244.0.1", "::1.2.3",
          "::256.1.1.1", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
        EXPECT_FALSE(Ipv6Address::from_text(text)) << '\'' << text << '\'';
}

TEST(Ipv6Address, IsTheSameByHalvesByOctetsAndByText) {
    const Ipv6Address one = Ipv6Address::from_halves(0xfd00'0010'0244'0000, 0x0000'0000'0000'00ff);
    EXPECT_EQ(one, v6("fd00:10:244::ff"));
    EXPECT_EQ(one.high(), 0xfd00'0010'0244'0000U);
    EXPECT_EQ(one.low(), 0xffU);
    EXPECT_EQ(one.octets()[0], std::byte{0xfd});
    EXPECT_EQ(one.octets()[15], std::byte{0xff});
    EXPECT_EQ(Ipv6Address::from_octets(one.octets()), one);
}

TEST(Ipv6Address, KnowsItsSpecialRangesToTheirLastAddress) {
    EXPECT_TRUE(v6("::").is_unspecified());
    EXPECT_TRUE(v6("::1").is_loopback());
    EXPECT_FALSE(v6("::2").is_loopback());
    EXPECT_TRUE(v6("fe80::").is_link_local());
    EXPECT_TRUE(v6("febf:ffff::1").is_link_local());
    EXPECT_FALSE(v6("fec0::").is_link_local());
    EXPECT_FALSE(v6("fe7f::").is_link_local());
    EXPECT_TRUE(v6("ff00::").is_multicast());
    EXPECT_FALSE(v6("feff::").is_multicast());
}

TEST(IpAddress, ReadsEitherFamily) {
    EXPECT_EQ(address("10.244.0.1").family(), IpFamily::ipv4);
    EXPECT_EQ(address("fd00::1").family(), IpFamily::ipv6);
    EXPECT_EQ(to_string(address("10.244.0.1")), "10.244.0.1");
    EXPECT_EQ(to_string(address("FD00::1")), "fd00::1");
    EXPECT_EQ(IpAddress::from_text("pod-1").error().text(), "'pod-1' is no IP address");
}

TEST(IpAddress, OfOneFamilyNeverEqualsOneOfTheOther) {
    EXPECT_NE(address("0.0.0.1"), address("::1"));
    EXPECT_NE(address("10.0.0.1"), address("::ffff:10.0.0.1"));
}

TEST(IpAddress, SortsByFamilyThenByValue) {
    std::vector<IpAddress> sorted{address("::"), address("10.0.0.2"), address("fd00::"),
                                  address("9.255.255.255"), address("255.0.0.0")};
    std::sort(sorted.begin(), sorted.end());
    const std::vector<IpAddress> expected{address("9.255.255.255"), address("10.0.0.2"),
                                          address("255.0.0.0"), address("::"), address("fd00::")};
    EXPECT_EQ(sorted, expected);
}

TEST(IpAddress, ComesBackFromItsValue) {
    for (const char* text : {"0.0.0.0", "10.244.0.1", "255.255.255.255", "::", "fd00:10:244::1"}) {
        const IpAddress there = address(text);
        EXPECT_EQ(IpAddress::from_value(there.family(), there.value()), there) << text;
    }
}

TEST(IpAddress, AbortsWhenAskedForTheFamilyThatItIsNot) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(address("10.0.0.1").ipv6()), "is_ipv6");
    EXPECT_DEATH(static_cast<void>(address("::1").ipv4()), "is_ipv4");
}

TEST(IpAddresses, HoldOneOfEachFamily) {
    IpAddresses both;
    EXPECT_TRUE(both.empty());
    EXPECT_EQ(both.find(IpFamily::ipv4), std::nullopt);

    both.set(address("10.0.0.1"));
    both.set(address("fd00::1"));
    both.set(address("10.0.0.2"));

    EXPECT_FALSE(both.empty());
    EXPECT_EQ(both.find(IpFamily::ipv4), address("10.0.0.2"));
    EXPECT_EQ(both.find(IpFamily::ipv6), address("fd00::1"));
}

TEST(IpFamily, HasAWordAndAWidth) {
    EXPECT_EQ(to_string(IpFamily::ipv4), "IPv4");
    EXPECT_EQ(to_string(IpFamily::ipv6), "IPv6");
    EXPECT_EQ(address_bits(IpFamily::ipv4), 32U);
    EXPECT_EQ(address_bits(IpFamily::ipv6), 128U);
}

}  // namespace
}  // namespace flatlan
