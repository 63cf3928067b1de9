#include "tools/forward/port_pair.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::forward {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

PortPair pair_of(std::string_view text) { return port_pair_from_text(text).value(); }

TEST(PortPair, IsOnePortForBothSidesOrOneForEach) {
    EXPECT_EQ(pair_of("80"), (PortPair{Port{80}, Port{80}}));
    EXPECT_EQ(pair_of("8080:80"), (PortPair{Port{8080}, Port{80}}));
    EXPECT_EQ(pair_of("65535:1"), (PortPair{Port{65535}, Port{1}}));
}

TEST(PortPair, LeavesTheLocalOneToTheKernelWhereItIsEmptyOrZero) {
    EXPECT_EQ(pair_of(":80"), (PortPair{Port::any(), Port{80}}));
    EXPECT_EQ(pair_of("0:80"), (PortPair{Port::any(), Port{80}}));
}

TEST(PortPair, RefusesWhatIsNoPortAndSaysWhatWouldBe) {
    for (const char* text :
         {"", "0", "65536", "abc", "-1", "+80", " 80", "80 ", "8080:", ":", "8080:0", "65536:80",
          "abc:80", "-1:80", "8080:http", "18446744073709551696", "80\n"}) {
        const auto pair = port_pair_from_text(text);
        ASSERT_FALSE(pair) << text;
        EXPECT_EQ(pair.error().code(), ErrorCode::invalid_argument) << text;
        EXPECT_EQ(pair.error().where(), "PORT") << text;
        EXPECT_THAT(pair.error().expected(), HasSubstr("[LOCAL:]PORT")) << text;
    }
    for (const char* text : {"127.0.0.1:8080:80", "::80", "[::1]:8080:80"})
        EXPECT_THAT(port_pair_from_text(text).error().to_string(), HasSubstr("--address")) << text;
}

TEST(PortPairs, MayNotWantOnePortOfThisMachineTwice) {
    const std::vector<std::string> same{"8080:80", "8080:81"};
    EXPECT_THAT(port_pairs_from(same).error().text(), HasSubstr("port 8080"));
    const std::vector<std::string> implied{"80", "80"};
    EXPECT_FALSE(port_pairs_from(implied));
    const std::vector<std::string> apart{"8080:80", "8081:80", ":80", ":80"};
    EXPECT_THAT(port_pairs_from(apart).value(), SizeIs(4));
}

TEST(ListenAddresses, AreAddressesOrLocalhost) {
    EXPECT_THAT(addresses_from_text("localhost").value(), IsEmpty());
    EXPECT_THAT(addresses_from_text("127.0.0.1,::1").value(), SizeIs(2));
    EXPECT_EQ(to_string(addresses_from_text("0.0.0.0").value().front()), "0.0.0.0");
    for (const char* text : {"", "eth0", "127.0.0.1,", ",::1", "::1,::1", "localhost,::1",
                             "224.0.0.1", "255.255.255.255", "ff02::1", "127.0.0.1:80"}) {
        const auto addresses = addresses_from_text(text);
        ASSERT_FALSE(addresses) << text;
        EXPECT_EQ(addresses.error().where(), "--address") << text;
    }
}

}  // namespace
}  // namespace flatlan::forward
