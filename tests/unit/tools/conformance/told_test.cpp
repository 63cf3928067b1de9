#include "tools/conformance/told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ToldResult read(const std::string& text, Version version) {
    auto told = read_result(text, version);
    EXPECT_TRUE(told.has_value()) << text;
    return told ? std::move(told).value() : ToldResult{};
}

constexpr const char* kNewest =
    R"({"cniVersion":"1.1.0","interfaces":[{"name":"p1"},{"name":"eth0","mac":"02:00:00:00:00:01",
        "mtu":1450,"sandbox":"/x"}],"ips":[{"address":"10.1.0.2/24","gateway":"10.1.0.1",
        "interface":1}],"routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}],"dns":{}})";

TEST(ToldResult, IsReadInTheFormOfEachTime) {
    const ToldResult newest = read(kNewest, Version::v1_1_0);
    EXPECT_THAT(newest.faults, IsEmpty());
    EXPECT_EQ(newest.address_words(), "10.1.0.2");
    EXPECT_EQ(newest.find_inside("eth0")->mtu, 1450U);
    EXPECT_EQ(newest.find_inside("p1"), nullptr);
    const ToldResult oldest = read(
        R"({"cniVersion":"0.1.0","ip4":{"ip":"10.1.0.2/24","routes":[{"dst":"0.0.0.0/0"}]},
            "ip6":{"ip":"fd00::2/64"}})",
        Version::v0_1_0);
    EXPECT_THAT(oldest.faults, IsEmpty());
    EXPECT_EQ(oldest.address_words(), "10.1.0.2 and fd00::2");
    EXPECT_EQ(oldest.routes.size(), 1U);
}

TEST(ToldResult, OfAnotherVersionIsAtFault) {
    EXPECT_THAT(read(kNewest, Version::v1_0_0).faults, ElementsAre(HasSubstr("'cniVersion'")));
    EXPECT_THAT(
        read(R"({"cniVersion":"0.4.0","ips":[{"address":"10.1.0.2/24"}]})", Version::v0_4_0).faults,
        ElementsAre(HasSubstr("\"version\": \"4\"")));
    EXPECT_THAT(read(R"({"cniVersion":"0.2.0","ips":[]})", Version::v0_2_0).faults,
                ElementsAre(HasSubstr("'ips'")));
    EXPECT_THAT(read(R"({"cniVersion":"0.2.0","ip4":{"ip":"fd00::2/64"}})", Version::v0_2_0).faults,
                ElementsAre(HasSubstr("other family")));
}

TEST(ToldResult, IsReadWithoutTrust) {
    for (const char* const entry :
         {R"({"address":"10.1.0.2"})", R"({"address":"10.1.0.2/33"})", R"({"address":7})", "7",
          R"({"address":"10.1.0.2/24","interface":5})", R"({"address":"10.1.0.2/24x"})",
          R"({"address":"10.1.0.2/24","gateway":"x"})", R"({"address":"/24"})"})
        EXPECT_FALSE(
            read(std::string{R"({"cniVersion":"1.0.0","ips":[)"} + entry + "]}", Version::v1_0_0)
                .faults.empty())
            << entry;
    EXPECT_FALSE(read_result("[]", Version::v1_0_0));
    EXPECT_FALSE(read_result("log line\n{}", Version::v1_0_0));
}

Answer answer(int status, std::string output) {
    Answer made;
    made.exit_status = status;
    made.output = std::move(output);
    return made;
}

TEST(ToldError, HasFourFieldsOfWhichOneMayMiss) {
    const std::string whole = R"({"cniVersion":"1.0.0","code":7,"msg":"no"})";
    ASSERT_TRUE(read_error(answer(1, whole), "1.0.0"));
    EXPECT_EQ(read_error(answer(1, whole), "1.0.0").value().code, 7U);
    EXPECT_FALSE(read_error(answer(0, whole), "1.0.0"));
    EXPECT_FALSE(read_error(answer(1, whole), "0.4.0"));
    for (const char* const text :
         {"", "no", R"({"cniVersion":"1.0.0","code":0,"msg":"no"})", R"({"code":7,"msg":"no"})",
          R"({"cniVersion":"1.0.0","code":"7","msg":"no"})", R"({"cniVersion":"1.0.0","code":7})",
          R"({"cniVersion":"1.0.0","code":7,"msg":""})"})
        EXPECT_FALSE(read_error(answer(1, text), "1.0.0")) << text;
}

}  // namespace
}  // namespace flatlan::conformance
