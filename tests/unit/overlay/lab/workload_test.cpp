#include "overlay/lab/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"

namespace flatlan::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LabSpec with_web(const std::string& more = {}) {
    auto lab = parse_lab_file(
        "{apiVersion: flatlan/v1, kind: Lab, metadata: {name: t}}\n---\n"
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web},"
        " spec: {replicas: 2, template: {spec: {containers: [{name: a, command: [a]}]}}}}\n" +
            more,
        "lab.yaml");
    EXPECT_TRUE(lab) << lab.error().to_string();
    return std::move(lab).value().spec;
}

ScaleRequest web(std::size_t replicas) {
    return {.kind = "deployment", .name = "web", .replicas = replicas};
}

std::vector<std::string> names_of(const LabSpec& spec) {
    std::vector<std::string> names;
    for (const PodSpec& pod : spec.pods)
        names.push_back(to_short_string(pod.name));
    return names;
}

TEST(Scaled, AddsPodsLikeThoseThatAreThere) {
    const auto more = scaled(with_web(), web(4));
    ASSERT_TRUE(more) << more.error().to_string();
    EXPECT_THAT(names_of(more.value()), ElementsAre("web-1", "web-2", "web-3", "web-4"));
    EXPECT_EQ(more.value().pods[3].contents, more.value().pods[0].contents);
    EXPECT_EQ(more.value().workloads[0].replicas, 4U);
}

TEST(Scaled, TakesTheLastPodsAway) {
    const auto fewer = scaled(with_web(), web(1));
    ASSERT_TRUE(fewer);
    EXPECT_THAT(names_of(fewer.value()), ElementsAre("web-1"));
    const auto none = scaled(fewer.value(), web(0));
    ASSERT_TRUE(none);
    EXPECT_THAT(names_of(none.value()), ElementsAre());
    EXPECT_THAT(names_of(scaled(none.value(), web(2)).value()), ElementsAre("web-1", "web-2"));
}

TEST(Scaled, SaysWhichWorkloadsThereAre) {
    const auto refused = scaled(with_web(), {.kind = "deployment", .name = "wep", .replicas = 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
    EXPECT_EQ(refused.error().expected(), "deployment/web");
    EXPECT_FALSE(scaled(with_web(), {.kind = "replicaset", .name = "web", .replicas = 1}));
}

TEST(Scaled, TakesNoOtherPodsName) {
    const LabSpec spec =
        with_web("---\n{apiVersion: v1, kind: Pod, metadata: {name: web-4}, spec: {}}\n");
    const auto refused = scaled(spec, web(5));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("'web-4'"));
    EXPECT_THAT(refused.error().to_string(), HasSubstr("at most 3 replicas"));
    EXPECT_TRUE(scaled(spec, web(3)));
}

TEST(Scaled, StaysBelowTheMostPodsOfALab) { EXPECT_FALSE(scaled(with_web(), web(kPodsMax + 1))); }

}  // namespace
}  // namespace flatlan::lab
