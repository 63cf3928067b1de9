#pragma once

#include <gtest/gtest.h>

#include <string>

#include "overlay/probe/trace/walk.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {

/// A network that a test damages, and the way of a packet through it.
class WalkFixture : public testing::Test {
protected:
    Walk way() {
        auto walked = walk(network.atlas, network, network.forth());
        EXPECT_TRUE(walked) << walked.error().to_string();
        return std::move(walked).value();
    }
    /// The walk ends in that fault at that place, with evidence; returns what mends it.
    std::string expect_fault(probe::Verdict verdict, PlaceId place) {
        const Walk walked = way();
        EXPECT_TRUE(walked.fault.has_value());
        if (!walked.fault) return {};
        EXPECT_EQ(to_string(walked.fault->verdict), to_string(verdict)) << walked.fault->reason;
        EXPECT_EQ(network.atlas.at(walked.fault->place).name, network.atlas.at(place).name);
        EXPECT_FALSE(walked.fault->evidence.empty());
        return walked.fault->mend;
    }

    FakeNetwork network;
};

}  // namespace flatlan::trace
