#include "tools/cni/add_result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::cni {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string written(const AddResult& result, Version version) {
    Configuration configuration;
    configuration.version = version;
    const auto text = to_json(result, configuration);
    EXPECT_TRUE(text.has_value());
    return text ? text.value() : "";
}

const MadeInterface kInterface{.name = "eth0",
                               .mac = MacAddress::from_text("02:00:00:00:00:07").value(),
                               .mtu = LinkMtu{1450}};
const GivenAddress kAddress{.address = IpAddress::from_text("10.244.1.5").value(),
                            .length_bits = 32,
                            .gateway = IpAddress::from_text("10.244.1.1").value()};

TEST(AddResult, OfTheFirstVersionsNamesOneAddressOfEachFamily) {
    const std::string text =
        written({.interfaces = {kInterface}, .addresses = {kAddress}}, Version::v0_2_0);
    EXPECT_THAT(text, HasSubstr("\"cniVersion\": \"0.2.0\""));
    EXPECT_THAT(text, HasSubstr("\"ip4\": {\n    \"ip\": \"10.244.1.5/32\""));
    EXPECT_THAT(text, Not(HasSubstr("interfaces")));
}

TEST(AddResult, OfTheFirstVersionsIsAnObjectWithoutAnyAddressToo) {
    EXPECT_EQ(written({.interfaces = {kInterface}}, Version::v0_1_0),
              "{\n  \"cniVersion\": \"0.1.0\",\n  \"dns\": {}\n}\n");
}

TEST(AddResult, WithoutAnAddressStillNamesTheInterface) {
    const std::string text = written({.interfaces = {kInterface}}, Version::v1_1_0);
    EXPECT_THAT(text, HasSubstr("\"name\": \"eth0\""));
    EXPECT_THAT(text, HasSubstr("\"mtu\": 1450"));
    EXPECT_THAT(text, HasSubstr("\"ips\": []"));
}

}  // namespace
}  // namespace flatlan::cni
