#include "tools/daemon/metrics/node_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

IpPrefix prefix(const char* text) { return IpPrefix::from_text(text).value(); }

tunnel::TunnelNode node(const std::string& name) {
    return {.name = NodeName::from(name).value(),
            .endpoint = IpAddress::from_text("172.31.0.1").value(),
            .mac = MacAddress{},
            .overlay = {},
            .blocks = {}};
}

node::NodeState state_of(const std::string& name) { return {.self = node(name)}; }

std::string text_of(const node::NodeState& state, const BothClocks& now = {}) {
    Exposition out;
    write_state(out, state, now);
    return out.text();
}

TEST(NodeMetrics, TellWhenTheRegistryWasHeardByTheClockOnTheWall) {
    node::NodeState state = state_of("n1");
    const BothClocks now{.boot = Instant{} + 100s, .wall = 1'700'000'100s};
    EXPECT_THAT(text_of(state, now), Not(HasSubstr("timestamp_seconds")));
    state.confirmed_at = Instant{} + 90s;
    state.heard_at = Instant{} + 40500ms;
    EXPECT_THAT(text_of(state, now),
                HasSubstr("\nflatlan_registry_last_confirmation_timestamp_seconds 1700000090\n"));
    EXPECT_THAT(text_of(state, now),
                HasSubstr("\nflatlan_registry_last_event_timestamp_seconds 1700000040.5\n"));
}

TEST(NodeMetrics, CountPeersByWhatIsKnownOfThem) {
    node::NodeState state = state_of("n1");
    state.peers = {{node("n2"), true}, {node("n3"), false}, {node("n4"), true}};
    state.left_out.emplace(NodeName::from("n5").value(), Error{ErrorCode::conflict, "same block"});
    const std::string text = text_of(state);
    EXPECT_THAT(text, HasSubstr("flatlan_peers{state=\"alive\"} 2\n"
                                "flatlan_peers{state=\"silent\"} 1\n"
                                "flatlan_peers{state=\"left_out\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("flatlan_peer_up{peer=\"n3\"} 0\n"));
}

TEST(NodeMetrics, CountBlocksAndAddressesByPool) {
    node::NodeState state = state_of("n1");
    state.pools = {{prefix("10.1.0.0/16"), 1024, 2}, {prefix("10.2.0.0/16"), 1024, 0}};
    EXPECT_THAT(text_of(state), HasSubstr("flatlan_pool_blocks_free{pool=\"10.1.0.0/16\"} 1022\n"
                                          "flatlan_pool_blocks_free{pool=\"10.2.0.0/16\"} 1024\n"));
    Exposition out;
    const ipam::PoolUsage usage{.leased = 3, .free = 60, .cooling = 1};
    write_leases(
        out,
        {.blocks = {{prefix("10.1.0.0/26"), true, usage}, {prefix("10.1.0.64/26"), true, usage}},
         .leases = {}},
        state.pools);
    EXPECT_THAT(out.text(), HasSubstr("flatlan_node_blocks{pool=\"10.1.0.0/16\"} 2\n"
                                      "flatlan_node_blocks{pool=\"10.2.0.0/16\"} 0\n"));
    EXPECT_THAT(out.text(),
                HasSubstr("flatlan_node_addresses{pool=\"10.1.0.0/16\",state=\"leased\"} 6\n"));
    EXPECT_THAT(out.text(),
                HasSubstr("flatlan_node_addresses{pool=\"10.1.0.0/16\",state=\"free\"} 120\n"));
}

TEST(NodeMetrics, CountTrafficAndDropsOfEachPeer) {
    Exposition out;
    write_tunnel(out, {.sent = {10, 1000},
                       .drops = {{"tx_dropped", 4}},
                       .peers = {{.node = NodeName::from("n2").value(),
                                  .sent = tunnel::TrafficCount{7, 700},
                                  .received = tunnel::TrafficCount{5, 500},
                                  .drops = {{"foreign_source", 2}},
                                  .path_mtu = OverlayMtu{1450}},
                                 {.node = NodeName::from("n3").value()}}});
    const std::string& text = out.text();
    EXPECT_THAT(text, HasSubstr("flatlan_tunnel_sent_packets_total 10\n"));
    EXPECT_THAT(text, HasSubstr("flatlan_tunnel_dropped_packets_total{reason=\"tx_dropped\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("flatlan_peer_received_bytes_total{peer=\"n2\"} 500\n"));
    // What nobody counts is no zero.
    EXPECT_THAT(text, Not(HasSubstr("flatlan_peer_received_bytes_total{peer=\"n3\"}")));
    EXPECT_THAT(text, HasSubstr("flatlan_peer_dropped_packets_total{peer=\"n2\",reason=\"foreign_"
                                "source\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("flatlan_peer_path_mtu_bytes{peer=\"n2\"} 1450\n"));
    EXPECT_THAT(text, Not(HasSubstr("flatlan_peer_path_mtu_bytes{peer=\"n3\"}")));
}

TEST(AddRefusals, HaveEachReasonWhichAddItselfHas) {
    const Instant now = Instant{} + 1000s;
    const std::vector<IpPrefix> dual{prefix("10.1.0.0/16"), prefix("fd00::/56")};
    node::NodeState state = state_of("n1");
    state.joined = true;
    state.confirmed_at = now - 10s;
    const ipam::PoolView room{.blocks = {{prefix("10.1.0.0/26"), true, {.free = 1}},
                                         {prefix("fd00::/122"), true, {.cooling = 1}}},
                              .leases = {}};
    const auto none = find_refusals(state, room, dual, 60s, now);
    EXPECT_FALSE(none.not_joined || none.offline || none.no_ipv4_address || none.no_ipv6_address ||
                 none.leases_unreadable);

    EXPECT_TRUE(find_refusals(state, room, dual, 5s, now).offline);
    EXPECT_FALSE(find_refusals(state, room, dual, std::nullopt, now).offline);
    EXPECT_TRUE(find_refusals(state, std::nullopt, dual, 60s, now).leases_unreadable);
    EXPECT_TRUE(find_refusals(std::nullopt, room, dual, 60s, now).not_joined);
    const ipam::PoolView full{.blocks = {{prefix("10.1.0.0/26"), true, {.leased = 64}}},
                              .leases = {}};
    EXPECT_TRUE(find_refusals(state, full, dual, 60s, now).no_ipv4_address);
    EXPECT_TRUE(find_refusals(state, full, dual, 60s, now).no_ipv6_address);
    EXPECT_FALSE(find_refusals(state, full, {prefix("10.1.0.0/16")}, 60s, now).no_ipv6_address);
}

TEST(DaemonCounts, AreToldByTheCodeOfWhatFailed) {
    DaemonCounts counts;
    counts.rounds = 5;
    counts.count_failure(ErrorCode::unavailable);
    Exposition out;
    write_counts(out, counts);
    EXPECT_THAT(out.text(), HasSubstr("flatlan_rounds_total 5\n"));
    EXPECT_THAT(out.text(), HasSubstr("flatlan_failed_rounds_total{code=\"unavailable\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("flatlan_failed_rounds_total{code=\"system\"} 0\n"));
    EXPECT_THAT(out.text(), HasSubstr("flatlan_last_reload_successful 1\n"));
}

}  // namespace
}  // namespace flatlan::daemon
