#include "tools/daemon/probes/node_trace.hpp"

#include <gmock/gmock.h>

#include <future>

#include "overlay/probe/cluster/trace/facts_record.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/registry/memory_registry.hpp"
#include "tools/daemon/probes/cluster_trace.hpp"
#include "tools/daemon/probes/probe_watch.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const LabName kCluster = LabName::from("traced").value();
const NodeName kN1 = NodeName::from("n1").value();
const NodeName kN2 = NodeName::from("n2").value();
const std::vector<IpPrefix> kPrefixes{IpPrefix::from_text("10.244.0.0/16").value()};

IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }

probe::Member member(const NodeName& node) {
    probe::Member member{.name = "node/" + node.text(),
                         .kind = probe::MemberKind::node,
                         .node = node,
                         .addresses = {}};
    member.addresses.set(ip(node == kN1 ? "10.244.0.1" : "10.244.0.65"));
    return member;
}

trace::TraceEnd end_of(const NodeName& node) {
    return {"node/" + node.text(), node, *member(node).addresses.ipv4,
            ip(node == kN1 ? "172.31.0.1" : "172.31.0.2")};
}

class NodeTraceTest : public testing::Test {
protected:
    RunRecords records_of_run() {
        return {registry, keys.whole(), [] { return false; }};
    }

    registry::MemoryRegistry registry{{.clock = probe::monotonic_now}};
    const probe::RunKeys keys{kCluster, "1"};
    const Instant deadline = probe::monotonic_now() + 60s;
};

/// What a running daemon's part says to a trace that is called for by whoever writes to the
/// registry, whatever its node has said of its members.
class CalledTest : public NodeTraceTest {
protected:
    /// Why it refuses `call`.
    std::string refusal() {
        const ProbeWatch watch{registry,
                               {.node = kN1,
                                .cluster = kCluster,
                                .tunnel = {.carrier = trace::Carrier::plain},
                                .own_members = [this]() -> Result<OwnMembers> {
                                    return OwnMembers{own, {}, kPrefixes};
                                }}};
        RunRecords records = records_of_run();
        EXPECT_TRUE(records.open_session());
        EXPECT_TRUE(records.put(keys.for_all("asked"), kN2.text()));
        EXPECT_TRUE(records.put(
            probe::RunKeys::request(kCluster),
            probe::request_record({.run = "1", .asker = kN2, .purpose = probe::Purpose::trace})));
        EXPECT_TRUE(records.await(keys.for_all("members", kN1), deadline));
        EXPECT_TRUE(records.put_long(keys.for_all("trace"), to_record(call)));
        const auto refused = records.await(keys.for_asker("refused", kN1), deadline);
        EXPECT_TRUE(refused) << "it takes part";
        EXPECT_FALSE(records.has(keys.for_asker("ready", kN1)));
        if (!refused) return {};
        const auto sheet = probe::members_from_record(refused.value(), kN1);
        return sheet ? sheet.value().trouble : sheet.error().to_string();
    }

    probe::MemberSheet own{.members = {member(kN1)}};
    trace::TraceCall call{.from = end_of(kN1), .to = end_of(kN2)};
};

TEST_F(CalledTest, RefusesWhereItsNodeHasNoMembers) {
    own = {{}, "it has 900 leases, and a test takes 300 of a node at most"};
    EXPECT_THAT(refusal(), HasSubstr("it has 900 leases"));
}

TEST_F(CalledTest, SendsNothingOutsideTheFlatNetwork) {
    call.to.address = ip("192.0.2.7");
    EXPECT_THAT(refusal(), HasSubstr("192.0.2.7, which is no address of the flat network"));
}

TEST_F(CalledTest, SendsNothingFromAnAddressOutsideTheFlatNetwork) {
    call.from.address = ip("192.0.2.8");
    EXPECT_THAT(refusal(), HasSubstr("192.0.2.8, which is no address of the flat network"));
}

TEST_F(CalledTest, RefusesAnEndThatItDoesNotHave) {
    call.from.name = "somebody";
    EXPECT_THAT(refusal(), HasSubstr("somebody with 10.244.0.1 is not on node/n1"));
}

TEST_F(CalledTest, RefusesACallInOtherWords) {
    call.from.name = "";
    EXPECT_THAT(refusal(), HasSubstr("trace-call record"));
}

/// Two nodes that are ready, until the first question of all: then n1 goes no further.
class RefusalTest : public NodeTraceTest {
protected:
    Result<void> play() {
        FLATLAN_TRY(request, asked());
        const probe::RunKeys run{kCluster, request};
        RunRecords records{registry, run.whole(), [] { return false; }, run.for_all("asked")};
        FLATLAN_TRY_VOID(records.open_session());
        for (const NodeName& node : {kN1, kN2})
            FLATLAN_TRY_VOID(records.put(run.for_all("members", node),
                                         to_record(probe::MemberSheet{{member(node)}})));
        FLATLAN_TRY(call, records.await_long(run.for_all("trace"), deadline));
        EXPECT_TRUE(trace::call_from_record(call));
        for (const NodeName& node : {kN1, kN2})
            FLATLAN_TRY_VOID(records.put(
                run.for_asker("ready", node),
                to_record(trace::TraceReady{trace::Carrier::plain, {{member(node).name, 1}}})));
        FLATLAN_TRY(question, records.await(run.question(kN1, 0), deadline));
        EXPECT_THAT(question, HasSubstr("node/n1"));
        FLATLAN_TRY_VOID(
            records.put(run.for_asker("refused", kN1),
                        to_record(probe::MemberSheet{{}, "its registry has lost a record"})));
        return records.stay(deadline);
    }
    /// The number of the trace that is asked for.
    Result<std::string> asked() {
        RunRecords requests{registry, probe::RunKeys::request(kCluster), [] { return false; }};
        FLATLAN_TRY(record, requests.await(probe::RunKeys::request(kCluster), deadline));
        FLATLAN_TRY(request, probe::request_from_record(record));
        return request.run;
    }
    tunnel::TunnelNode tunnel_of(const NodeName& node) const {
        return {.name = node,
                .endpoint = end_of(node).endpoint,
                .mac = {},
                .overlay = member(node).addresses,
                .blocks = {}};
    }
};

TEST_F(RefusalTest, InTheMidstOfATraceEndsItWithItsReason) {
    auto played = std::async(std::launch::async, [&] { return play(); });
    const node::NodeState state{.self = tunnel_of(kN1), .peers = {{tunnel_of(kN2), true}}};
    const tunnel::TunnelSettings settings;
    const ClusterAsker asker{
        .registry = registry, .cluster = kCluster, .asker = kN1, .nodes = {kN1, kN2}, .ended = [] {
            return false;
        }};
    const auto traced = trace_nodes(asker, {state, settings}, {.from = "node/n1", .to = "node/n2"});
    ASSERT_FALSE(traced);
    EXPECT_EQ(traced.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(traced.error().to_string(),
                HasSubstr("the flatland of n1 cannot take part: its registry has lost a record"));
    EXPECT_EQ(played.get().error().code(), ErrorCode::interrupted) << "nobody asks any more";
    EXPECT_TRUE(registry.list("/flatlan/probes/", "", 10).value().records.empty());
}

}  // namespace
}  // namespace flatlan::daemon
