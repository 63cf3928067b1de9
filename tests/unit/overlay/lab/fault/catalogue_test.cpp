#include "overlay/lab/fault/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace flatlan::lab {
namespace {

using testing::HasSubstr;

Error refusal(const FaultRequest& request) { return find_fault_kind(request).error(); }

TEST(FaultCatalogue, NamesEachFaultOnceAndSaysWhereItCanBe) {
    std::set<std::string_view> names;
    for (const FaultKind& kind : fault_kinds()) {
        EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
        EXPECT_FALSE(places_of(kind).empty()) << kind.name;
        EXPECT_FALSE(kind.summary.empty()) << kind.name;
        EXPECT_NE(kind.make, nullptr) << kind.name;
    }
}

TEST(FaultCatalogue, FindsAFaultThatFitsItsPlace) {
    const auto kind =
        find_fault_kind({.fault = "route-missing", .at = "node/n1", .towards = "default/pod-2"});
    ASSERT_TRUE(kind);
    EXPECT_EQ(kind.value()->name, "route-missing");
}

TEST(FaultCatalogue, SaysWhatWouldBeRight) {
    EXPECT_THAT(refusal({.fault = "route-gone", .at = "node/n1"}).expected(),
                HasSubstr("route-missing"));
    EXPECT_EQ(refusal({.fault = "loopback-down", .at = "node/n1"}).expected(), "a pod");
    EXPECT_EQ(refusal({.fault = "forwarding-off", .at = "default/pod-1"}).expected(),
              "a node or underlay");
    EXPECT_THAT(refusal({.fault = "filter-drop", .at = "node/n1"}).expected(),
                HasSubstr("TOWARDS"));
    EXPECT_EQ(refusal({.fault = "forwarding-off", .at = "node/n1", .towards = "node/n2"}).code(),
              ErrorCode::invalid_argument);
}

TEST(FaultJson, ReadsBackWhatItWrote) {
    const FaultRequest request{.fault = "filter-drop",
                               .at = "node/n1",
                               .towards = "default/pod-2",
                               .family = IpFamily::ipv6};
    const auto read = fault_request_from_json(to_json(request));
    ASSERT_TRUE(read);
    EXPECT_EQ(read.value().fault, request.fault);
    EXPECT_EQ(read.value().at, request.at);
    EXPECT_EQ(read.value().towards, request.towards);
    EXPECT_EQ(read.value().family, request.family);

    const auto records =
        fault_records_from_json(to_json(std::vector{FaultRecord{7, request, "made a rule"}}));
    ASSERT_TRUE(records);
    ASSERT_EQ(records.value().size(), 1U);
    EXPECT_EQ(records.value()[0].number, 7U);
    EXPECT_EQ(records.value()[0].made, "made a rule");
    EXPECT_EQ(records.value()[0].request.family, IpFamily::ipv6);
}

TEST(FaultJson, RefusesWhatIsNone) {
    for (const char* const text : {"", "{}", "[]", R"({"faults":[{}]})"}) {
        EXPECT_EQ(fault_request_from_json(text).error().code(), ErrorCode::corrupt) << text;
        EXPECT_EQ(fault_records_from_json(text).error().code(), ErrorCode::corrupt) << text;
    }
}

}  // namespace
}  // namespace flatlan::lab
