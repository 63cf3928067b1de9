#include "overlay/probe/cluster/trace/frames_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "tests/unit/overlay/probe/cluster/trace/record_checks.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {
namespace {

using Network = FakeNetwork;

class FramesTest : public testing::Test {
protected:
    KeptFrame frame(PlaceId place, std::size_t size) const {
        return {.place = place,
                .device = "eth0",
                .frame = {.device = IfIndex{7},
                          .at = Duration{1'790'000'000'123'456'789},
                          .octets = std::vector<std::byte>(size, std::byte{0xa5})}};
    }
    Result<std::vector<KeptFrame>> read(const std::string& record) const {
        return frames_from_record(record, network.atlas);
    }
    Network network;
};

TEST_F(FramesTest, AreToldWhole) {
    std::vector<KeptFrame> frames{frame(Network::kPod1, 3), frame(Network::kNode1, 1)};
    frames[0].frame.outgoing = frames[0].frame.astray = true;
    frames[1].frame.layer = LinkLayer::none;
    frames[1].device.clear();
    const std::string record = frames_record(frames, network.atlas).value();
    const auto told = read(record);
    ASSERT_TRUE(told) << told.error().to_string();
    ASSERT_EQ(told.value().size(), 2U);
    EXPECT_EQ(told.value()[0].frame.octets, frames[0].frame.octets);
    EXPECT_EQ(told.value()[0].frame.at, frames[0].frame.at);
    EXPECT_EQ(told.value()[1].frame.layer, LinkLayer::none);
    EXPECT_EQ(told.value()[1].device, "");
    EXPECT_EQ(frames_record(told.value(), network.atlas).value(), record);
    expect_robust(record, [&](const std::string& text) { return read(text); });
    EXPECT_TRUE(read(frames_record({}, network.atlas).value()).value().empty());
}

TEST_F(FramesTest, AreRefusedWhereTheyAreTooManyOctetsOrNotAllThere) {
    const std::vector<KeptFrame> frames(70, frame(Network::kPod1, 32768));
    EXPECT_EQ(frames_record(frames, network.atlas).error().code(), ErrorCode::exhausted);
    EXPECT_FALSE(read(std::string(kAnswerMaxBytes + 1, 'x')));
    std::string record = frames_record(std::span{frames}.first(2), network.atlas).value();
    record.erase(record.find("frame "), record.rfind("frame ") - record.find("frame "));
    EXPECT_THAT(read(record).error().text(), testing::HasSubstr("is there 1 times"));
}

}  // namespace
}  // namespace flatlan::trace
