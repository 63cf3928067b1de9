#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/probe/cluster/trace/answers_record.hpp"
#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/cluster/trace/observation_record.hpp"
#include "overlay/probe/cluster/trace/question.hpp"
#include "overlay/probe/cluster/trace/trace_call.hpp"
#include "tests/unit/overlay/probe/cluster/trace/record_checks.hpp"
#include "tests/unit/overlay/probe/trace/fake_network.hpp"

namespace flatlan::trace {
namespace {

using testing::HasSubstr;
using Network = FakeNetwork;

TEST(TraceRecordsTest, TellAllThatAPlacesKernelSays) {
    Network network;
    network.at(Network::kNode1).rules.push_back({IpFamily::ipv6, 100, 7});
    network.at(Network::kNode1).neighbours.push_back({ip("fd00::9"), IfIndex{2}, mac_of(9), false});
    network.at(Network::kNode1)
        .routes.push_back({.destination = IpPrefix::host(ip("fd00::1")),
                           .refuses = true,
                           .metric = 4'294'967'295,
                           .last_resort = true});
    network.link(Network::kNode1, "eth0").master = IfIndex{9};
    network.link(Network::kNode1, "eth0").up = false;
    const auto read = [&](const std::string& text) {
        return facts_from_record(text, network.atlas);
    };
    for (std::uint32_t i = 0; i < network.places.size(); ++i) {
        const auto record = to_record(network.at(PlaceId{i}), network.atlas);
        ASSERT_TRUE(record);
        expect_round_trip(record.value(), read, [&](const PlaceFacts& facts) {
            return to_record(facts, network.atlas).value();
        });
        expect_robust(record.value(), read);
    }
}

TEST(TraceRecordsTest, RefuseFactsThatMakeNoSense) {
    const Network network;
    const auto refused = [&](const std::string& fields) {
        const auto read = facts_from_record("flatlan trace-facts 1\n" + fields, network.atlas);
        EXPECT_FALSE(read) << fields;
        return read ? std::string{} : read.error().to_string();
    };
    EXPECT_THAT(refused("link 0 eth0 1500 -u - -\n"), HasSubstr("field 'link' is '0 eth0"));
    refused("link 4294967296 eth0 1500 -u - -\n");
    refused("link 2 a/b 1500 -u - -\n");
    refused("link 2 sixteen-letters- 1500 -u - -\n");
    refused("link 2 eth0 1500 -u - - default/nobody 3\n");
    refused("link 2 eth0 1500 -u - - default/pod-1\n");
    refused("link 2 eth0 1500 -u - - default/pod-1 3 4\n");
    refused("link 2 eth0 1500 -u - -\nlink 2 eth1 1500 -u - -\n");
    refused("vxlan 2 1 4789 172.31.0.1\n");  // of no link
    refused("route 10.244.0.0/33 2 - 0 carries\n");
    refused("route 10.244.0.0/16 2 - 0 maybe\n");
    refused("neighbour 2 10.244.0.1 02:00:00:00:00 usable\n");
    refused("address 2 10.244.0.1 33\n");
    refused("rule 5 100 254\n");
    EXPECT_FALSE(facts_from_record("flatlan trace-facts 2\n", network.atlas));
    EXPECT_FALSE(facts_from_record("", network.atlas));
}

TEST(TraceRecordsTest, BoundWhatAPlaceMayTell) {
    Network network;
    PlaceFacts& facts = network.at(Network::kNode1);
    const RouteFacts route{.destination = IpPrefix::host(ip("10.244.0.1"))};
    facts.routes.assign(kAnswerMaxBytes / 20, route);
    const auto record = to_record(facts, network.atlas);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code(), ErrorCode::exhausted);
    const std::string large = "flatlan trace-facts 1\n" + std::string(kAnswerMaxBytes, 'x');
    EXPECT_EQ(facts_from_record(large, network.atlas).error().code(), ErrorCode::corrupt);
    EXPECT_EQ(observation_from_record(large, network.atlas).error().code(), ErrorCode::corrupt);
}

// Looking each one up among all others would take minutes.
TEST(TraceRecordsTest, AreReadInTheTimeThatTheirLengthTakes) {
    Network network;
    for (int i = 0; i < 5000; ++i)
        network.atlas.places.push_back({.name = "pod-number-" + std::to_string(i)});
    const std::string last = network.atlas.places.back().name;
    std::string record = "flatlan trace-facts 1\n";
    constexpr int kLinks = 20'000;
    for (int i = 1; i <= kLinks; ++i)
        record += "link " + std::to_string(i) + " a 1 - - - " + last + " 1\n";
    for (int i = kLinks; i > 0; --i)
        record += "vxlan " + std::to_string(i) + " 1 1 10.0.0.1\n";
    ASSERT_LT(record.size(), kAnswerMaxBytes);
    const auto read = facts_from_record(record, network.atlas);
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read.value().links.size(), std::size_t{kLinks});
    EXPECT_TRUE(std::ranges::all_of(read.value().links,
                                    [](const LinkFacts& link) { return link.vxlan.has_value(); }));
}

TEST(TraceRecordsTest, TellAnswersAndFailures) {
    const RouteAnswer answer{.outcome = RouteOutcome::prohibited,
                             .device = IfIndex{7},
                             .via = ip("fe80::1"),
                             .mtu = 1450,
                             .table = 300};
    for (const RouteAnswer& each : {answer, RouteAnswer{}})
        EXPECT_EQ(route_from_record(to_record(each)).value(), each);
    expect_robust(to_record(answer), route_from_record);
    for (const std::optional<int>& value :
         {std::optional<int>{}, std::optional{0}, std::optional{-1}})
        EXPECT_EQ(setting_from_record(setting_record(value)).value(), value);
    EXPECT_FALSE(setting_from_record("flatlan trace-setting 1\nvalue 1x\n"));
    const auto told = check_answer(to_record(Error{ErrorCode::forbidden, "no\nright"}));
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code(), ErrorCode::forbidden);
    EXPECT_EQ(told.error().text(), "no right");
    EXPECT_TRUE(check_answer(to_record(answer)));
    const auto wrong = check_answer(to_record(Error{ErrorCode::invalid_argument, "no such"}));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), ErrorCode::system);
    EXPECT_FALSE(check_answer("flatlan trace-error 1\ncode fine\ntext x\n"));
}

TEST(TraceRecordsTest, AskOnlyWhatMayBeAsked) {
    const Network network;
    const auto read = [&](const std::string& text) {
        return question_from_record(text, network.atlas);
    };
    const std::vector<Question> questions{
        AskFacts{Network::kPod1},
        AskRoute{Network::kNode2, {ip("10.244.0.1"), ip("10.244.0.66"), IfIndex{4}}},
        AskRoute{Network::kNode2, {ip("fd00::1"), std::nullopt, std::nullopt}},
        AskSetting{Network::kNode1, "net/ipv4/conf/eth0.5/forwarding"},
        AskMany{{AskFacts{Network::kPod1}, AskSetting{Network::kNode1, "net/ipv4/ip_forward"},
                 AskRoute{Network::kNode2, {ip("fd00::1"), std::nullopt, std::nullopt}}}},
        AskListen{},
        AskWatch{Port{1}, Port{65535}, {Network::kPod1, Network::kNode1}},
        AskSend{1450, std::chrono::milliseconds{200}},
        AskSend{68, kPatienceMax},
        AskSend{0, {}},
        AskSeen{}};
    for (const Question& question : questions) {
        const std::string record = to_record(question, network.atlas);
        const auto again = read(record);
        ASSERT_TRUE(again) << record << again.error().to_string();
        EXPECT_EQ(again.value(), question);
        expect_robust(record, read);
    }
    for (const char* const wrong : {"setting node/n1 kernel/core_pattern",
                                    "setting node/n1 net/../kernel/core_pattern",
                                    "setting node/n1 /etc/passwd",
                                    "setting node/n9 net/ipv4/ip_forward",
                                    "send 70000 1000",
                                    "send 0 60000000",
                                    "watch 1 2 node/n9",
                                    "listen later",
                                    "route node/n1 10.244.0.1",
                                    "sleep 1",
                                    "send 1 1000",
                                    "send 47 1000",
                                    "send 67 1000",
                                    "watch 1 2 node/n1 default/pod-1 node/n1",
                                    "ask",
                                    "ask facts",
                                    "ask facts node/n9",
                                    "ask setting node/n1 kernel/core_pattern",
                                    "ask listen now",
                                    "ask ask facts node/n1"})
        EXPECT_FALSE(read("flatlan trace-question 1\n" + std::string{wrong} + "\n")) << wrong;
}

TEST(TraceRecordsTest, AskForNoMoreThanAFewThingsAtOnce) {
    const Network network;
    AskMany many;
    many.questions.assign(kManyMax, AskFacts{Network::kPod1});
    EXPECT_TRUE(question_from_record(to_record(Question{many}, network.atlas), network.atlas));
    many.questions.emplace_back(AskFacts{Network::kPod1});
    EXPECT_FALSE(question_from_record(to_record(Question{many}, network.atlas), network.atlas));
}

TEST(TraceRecordsTest, TellSeveralAnswersAtOnce) {
    const std::vector<std::string> answers{setting_record(1), "", to_record(RouteAnswer{})};
    const std::string record = answers_record(answers).value();
    EXPECT_EQ(answers_from_record(record, 3).value(), answers);
    EXPECT_FALSE(answers_from_record(record, 2));
    expect_robust(record, [](const std::string& text) { return answers_from_record(text, 3); });
    for (const char* const line : {"3 x", "x", "-1 x", "1"})
        EXPECT_FALSE(answers_from_record(
            "flatlan trace-answers 1\ncount 3\nline " + std::string{line} + "\n", 3))
            << line;
    EXPECT_EQ(answers_record({std::string(kAnswersMaxBytes, 'x')}).error().code(),
              ErrorCode::exhausted);
    EXPECT_FALSE(answers_from_record(std::string(kAnswersMaxBytes + 1, 'x'), 1));
}

TEST(TraceRecordsTest, WatchNoMoreThanAFewPlaces) {
    Network network;
    std::string wide = "flatlan trace-question 1\nwatch 1 2";
    for (std::size_t i = 0; i < kWatchedMax; ++i) {
        Place pod{.name = "more-" + std::to_string(i)};
        wide += " " + pod.name;
        network.atlas.places.push_back(std::move(pod));
    }
    EXPECT_TRUE(question_from_record(wide + "\n", network.atlas));
    EXPECT_FALSE(question_from_record(wide + " node/n1\n", network.atlas));
}

TEST(TraceRecordsTest, CallTheEndsOfOneFamily) {
    const NodeName n1 = NodeName::from("n1").value();
    const NodeName n2 = NodeName::from("n2").value();
    const TraceCall call{.from = {"web", n1, ip("10.244.0.1"), ip("fd00::1")},
                         .to = {"node/n2", n2, ip("10.244.0.64"), ip("fd00::2")},
                         .protocol = probe::Protocol::tcp,
                         .tag = 18'446'744'073'709'551'615U,
                         .tunnel_port = Port{4790},
                         .service = Port{80}};
    EXPECT_EQ(call_from_record(to_record(call)).value(), call);
    expect_robust(to_record(call), call_from_record);
    TraceCall mixed = call;
    mixed.to.address = ip("fd00::64");
    EXPECT_FALSE(call_from_record(to_record(mixed)));
    const TraceWish wish{
        .from = "web", .to = "10.244.0.64", .service = Port{80}, .keep_frames = true};
    EXPECT_EQ(wish_from_record(to_record(wish)).value(), wish);
    const TraceReady ready{Carrier::plain, {{"web", 4'026'532'000U}, {"db", 7U}}};
    EXPECT_EQ(ready_from_record(to_record(ready)).value(), ready);
    EXPECT_FALSE(ready_from_record("flatlan trace-ready 1\ncarrier pigeon\n"));
}

TEST(TraceRecordsTest, FindTheEndsAmongANodesOwnPlaces) {
    const NodeName n1 = NodeName::from("n1").value();
    const NodeName n2 = NodeName::from("n2").value();
    const TraceCall call{.from = {"web", n1, ip("10.244.0.1"), ip("172.31.0.1")},
                         .to = {"db", n2, ip("10.244.0.65"), ip("172.31.0.2")}};
    IpAddresses of_web;
    of_web.set(ip("10.244.0.1"));
    const std::vector<probe::Member> members{{"node/n1", probe::MemberKind::node, n1, {}},
                                             {"web", probe::MemberKind::pod, n1, of_web}};
    const Atlas atlas = own_atlas(call, n1, members);
    const auto ends = ends_of(call, atlas);
    ASSERT_TRUE(ends) << ends.error().to_string();
    EXPECT_EQ(atlas.at(ends.value().from).name, "web");
    EXPECT_TRUE(atlas.at(ends.value().from).present);
    EXPECT_FALSE(atlas.at(ends.value().to).present);
    EXPECT_EQ(atlas.at(atlas.node_of(ends.value().to)).endpoint, ip("172.31.0.2"));
    EXPECT_EQ(atlas.at(atlas.node_of(ends.value().from)).endpoint, ip("172.31.0.1"));
    EXPECT_FALSE(ends_of(call, own_atlas(call, n1, std::span{members}.first(1))));
    TraceCall elsewhere = call;
    elsewhere.from.address = ip("192.0.2.1");  // not the pod's
    EXPECT_FALSE(ends_of(elsewhere, own_atlas(elsewhere, n1, members)));
    // A node in trouble has no members.
    EXPECT_FALSE(ends_of(call, own_atlas(call, n1, std::span{members}.first(0))));
}

}  // namespace
}  // namespace flatlan::trace
