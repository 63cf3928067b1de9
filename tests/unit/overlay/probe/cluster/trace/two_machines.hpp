#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/probe/cluster/trace/frames_record.hpp"
#include "overlay/probe/cluster/trace/joined_trace.hpp"
#include "overlay/probe/cluster/trace/observation_record.hpp"
#include "overlay/probe/cluster/trace/remote_inquiry.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {

inline const NodeName kN1 = NodeName::from("n1").value();
inline const NodeName kN2 = NodeName::from("n2").value();

/// Two machines that answer by the tables of a network; between them nobody can look. Of packets
/// each tells what the test says.
class TwoMachinesTest : public testing::Test {
protected:
    TwoMachinesTest() {
        network.hide_underlay();
        const Flow flow = network.forth();
        call = {.from = {network.atlas.at(flow.from).name, kN1, flow.source,
                         *network.atlas.at(FakeNetwork::kNode1).endpoint},
                .to = {network.atlas.at(flow.to).name, kN2, flow.destination,
                       *network.atlas.at(FakeNetwork::kNode2).endpoint}};
        seen[kN1].small = {.sent = 8, .arrived = 0, .answered = 8};
        seen[kN2].small = {.sent = 0, .arrived = 8, .answered = 0};
    }
    /// As a machine does that knows its own places alone: all goes through records.
    Result<std::string> answer(const NodeName& node, const Question& question) {
        const std::string record = to_record(question, network.atlas);
        FLATLAN_TRY(asked, question_from_record(record, network.atlas));
        questions.push_back(node.text() + " " + record);
        if (std::holds_alternative<AskListen>(asked)) return to_record(EndRecord{false, Port{77}});
        if (const auto* const watch = std::get_if<AskWatch>(&asked)) {
            for (const PlaceId place : watch->places)
                EXPECT_EQ(node_name(network.atlas, place).value(), node);
            return to_record(EndRecord{false, node == kN1 ? Port{66} : Port::any()});
        }
        if (std::holds_alternative<AskSend>(asked) || std::holds_alternative<AskSeen>(asked))
            return to_record(seen[node], network.atlas);
        if (std::holds_alternative<AskFrames>(asked) && !knows_frames)
            return Error{ErrorCode::system, "it asks nothing that is known here"};
        if (std::holds_alternative<AskFrames>(asked))
            return frames_record(captured[node], network.atlas);
        return answer_by(network, network.atlas, asked);
    }
    Result<Traced> trace(bool keep_frames = false) {
        const auto ask = [this](std::span<const Asked> asked) {
            ++goes;
            std::vector<Result<std::string>> answers;
            for (const auto& [node, question] : asked)
                answers.push_back(node == silent ? Error{ErrorCode::unavailable, "no answer"}
                                                 : answer(node, question));
            return answers;
        };
        return trace_over_nodes(network.atlas, call, ask, keep_frames);
    }
    TraceReport report() {
        auto traced = trace();
        EXPECT_TRUE(traced) << traced.error().to_string();
        return std::move(traced).value().report;
    }
    void capture(const NodeName& node, PlaceId place, Duration at) {
        captured[node].push_back(
            {.place = place,
             .device = "eth0",
             .frame = {.device = IfIndex{2}, .at = at, .octets = {std::byte{7}}}});
    }
    void lose_all() {
        seen[kN1].small.answered = 0;
        seen[kN2].small.arrived = 0;
    }
    void sight(const NodeName& node, PlaceId place, const std::string& device) {
        const Flow flow = network.forth();
        seen[node].sightings.push_back({place,
                                        device,
                                        true,
                                        {.source = {flow.source, Port::any()},
                                         .destination = {flow.destination, Port::any()},
                                         .ttl = 64}});
    }

    FakeNetwork network;
    TraceCall call{.from = {"", kN1, Ipv4Address{}, Ipv4Address{}},
                   .to = {"", kN2, Ipv4Address{}, Ipv4Address{}}};
    std::map<NodeName, Observation> seen;
    std::map<NodeName, std::vector<KeptFrame>> captured;
    std::vector<std::string> questions;
    std::optional<NodeName> silent;
    int goes = 0;
    bool knows_frames = true;  ///< as machines do whose flatland is not older
};

}  // namespace flatlan::trace
