#include "overlay/base/names.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace flatlan {
namespace {

TEST(DnsLabel, IsOneTo63LowerCaseLettersDigitsAndInnerHyphens) {
    for (const auto& text : {std::string{"a"}, std::string{"0"}, std::string{"node-1"},
                             std::string{"a--b"}, std::string(63, 'a')})
        EXPECT_TRUE(is_dns_label(text)) << text;
    for (const auto& text : {std::string{}, std::string{"-a"}, std::string{"a-"}, std::string{"A"},
                             std::string{"a.b"}, std::string{"a_b"}, std::string{"a b"},
                             std::string{"\xc3\xa4"}, std::string(64, 'a'), std::string{"a\0b", 3}})
        EXPECT_FALSE(is_dns_label(text)) << text;
}

TEST(Name, SaysWhichNameItWasToBe) {
    EXPECT_EQ(NodeName::from("n1").value().text(), "n1");
    const Error error = NodeName::from("N1").error();
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error.text(), "node name 'N1' is no DNS label");
    EXPECT_EQ(LabName::from("").error().text(), "lab name '' is no DNS label");
}

TEST(PodName, IsInTheDefaultNamespaceUnlessItSaysOtherwise) {
    const PodName web = PodName::from_text("web").value();
    EXPECT_EQ(web.pod_namespace(), "default");
    EXPECT_EQ(web, PodName::from("default", "web").value());
    EXPECT_EQ(PodName::from_text("shop/web").value().pod_namespace(), "shop");
}

TEST(PodName, HasALongTextForProgramsAndAShortOneForPeople) {
    const PodName web = PodName::from_text("web").value();
    const PodName shop = PodName::from_text("shop/web").value();
    EXPECT_EQ(to_string(web), "default/web");
    EXPECT_EQ(to_short_string(web), "web");
    EXPECT_EQ(to_string(shop), "shop/web");
    EXPECT_EQ(to_short_string(shop), "shop/web");
}

TEST(PodName, RefusesWhatIsNoLabelOnEitherSide) {
    for (const char* text : {"", "/", "a/", "/a", "a/b/c", "A/b", "a/B"})
        EXPECT_FALSE(PodName::from_text(text)) << text;
    EXPECT_EQ(PodName::from_text("A/b").error().text(), "namespace 'A' is no DNS label");
    EXPECT_EQ(PodName::from_text("a/B").error().text(), "pod name 'B' is no DNS label");
}

TEST(PodName, OfOneNameInTwoNamespacesIsTwoPods) {
    const std::unordered_set<PodName> pods{PodName::from_text("a/web").value(),
                                           PodName::from_text("b/web").value(),
                                           PodName::from_text("a/web").value()};
    EXPECT_EQ(pods.size(), 2U);
}

}  // namespace
}  // namespace flatlan
