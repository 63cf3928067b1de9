#include "tunnel/engine/peer_table.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tunnel/engine/packets.hpp"

namespace flatlan::tunnel {
namespace {

Peer peer(std::string_view endpoint, std::vector<IpPrefix> blocks) {
    return {ip(endpoint), mac("02:00:00:00:00:01"), std::move(blocks), OverlayMtu{1450}};
}

PeerTable table() { return {ip("172.31.0.1"), {prefix("10.244.0.0/26")}}; }

TEST(PeerTable, FindsOwnersAndEndpoints) {
    PeerTable peers = table();
    const std::vector<Peer> two{peer("172.31.0.2", {prefix("10.244.0.64/26")}),
                                peer("172.31.0.3", {prefix("fd00::/64"), prefix("10.1.0.0/16")})};
    ASSERT_TRUE(peers.set(two));
    const auto third = peers.find_endpoint(ip("172.31.0.3"));
    ASSERT_TRUE(third);
    EXPECT_EQ(peers.get(*third).peer, two[1]);
    EXPECT_EQ(peers.find_owner(ip("fd00::1")), third);
    EXPECT_EQ(peers.find_owner(ip("10.1.2.3")), third);
    EXPECT_EQ(peers.find_owner(ip("10.244.0.1")), kOwnNode);
    EXPECT_EQ(peers.find_owner(ip("10.244.0.128")), std::nullopt);
    EXPECT_EQ(peers.find_endpoint(ip("172.31.0.1")), std::nullopt) << "we are no peer of our own";
}

TEST(PeerTable, KeepsPlaceAndCountersOfWhoStays) {
    PeerTable peers = table();
    ASSERT_TRUE(peers.set(std::vector{peer("172.31.0.2", {}), peer("172.31.0.3", {})}));
    const auto third = peers.find_endpoint(ip("172.31.0.3"));
    peers.get(*third).counters.sent_packets = 5;
    const auto second = peers.find_endpoint(ip("172.31.0.2"));
    peers.get(*second).counters.sent_packets = 7;

    ASSERT_TRUE(peers.set(std::vector{peer("172.31.0.4", {}), peer("172.31.0.3", {})}));
    EXPECT_EQ(peers.find_endpoint(ip("172.31.0.3")), third);
    EXPECT_EQ(peers.get(*third).counters.sent_packets, 5U);
    EXPECT_EQ(peers.find_endpoint(ip("172.31.0.2")), std::nullopt);
    const auto fourth = peers.find_endpoint(ip("172.31.0.4"));
    EXPECT_EQ(fourth, second) << "the empty place is used again";
    EXPECT_EQ(peers.get(*fourth).counters.sent_packets, 0U);
    EXPECT_EQ(peers.counters().sent_packets, 12U) << "what the departed sent counts on";

    ASSERT_TRUE(peers.set({}));
    EXPECT_EQ(peers.counters().sent_packets, 12U);
    EXPECT_EQ(peers.find_owner(ip("10.244.0.1")), kOwnNode);
}

TEST(PeerTable, RefusesWhatContradictsItselfAndStaysAsItWas) {
    PeerTable peers = table();
    ASSERT_TRUE(peers.set(std::vector{peer("172.31.0.2", {prefix("10.244.0.64/26")})}));
    const auto code_of = [&](const std::vector<Peer>& wanted) {
        const auto refused = peers.set(wanted);
        EXPECT_FALSE(refused);
        return refused ? ErrorCode::system : refused.error().code();
    };
    EXPECT_EQ(code_of({peer("172.31.0.2", {}), peer("172.31.0.2", {})}), ErrorCode::conflict);
    EXPECT_EQ(code_of({peer("172.31.0.1", {})}), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of({peer("fd00::2", {})}), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of({peer("172.31.0.3", {prefix("10.9.0.0/26")}),
                       peer("172.31.0.4", {prefix("10.9.0.0/26")})}),
              ErrorCode::conflict);
    EXPECT_EQ(code_of({peer("172.31.0.3", {prefix("10.244.0.0/26")})}), ErrorCode::conflict)
        << "our own block";
    EXPECT_EQ(peers.find_owner(ip("10.244.0.65")), peers.find_endpoint(ip("172.31.0.2")));
}

TEST(PeerTable, HoldsAThousandPeersThatComeAndGo) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed=" << seed);
        Prng prng{seed};
        PeerTable peers = table();
        for (int round = 0; round < 10; ++round) {
            std::vector<Peer> wanted;
            for (std::uint32_t node = 1; node <= 1000; ++node)
                if (prng.chance(1, 2)) {
                    wanted.push_back(peer("172.31.0.1", {}));
                    wanted.back().endpoint = Ipv4Address{0xac20'0000U + node};
                    wanted.back().blocks = {
                        IpPrefix::containing(Ipv4Address{0x0b00'0000U + node * 64}, 26)};
                }
            ASSERT_TRUE(peers.set(wanted));
            for (const Peer& one : wanted) {
                const auto id = peers.find_endpoint(one.endpoint);
                ASSERT_TRUE(id);
                ASSERT_EQ(peers.get(*id).peer, one);
                ASSERT_EQ(peers.find_owner(one.blocks[0].last()), id);
            }
        }
    }
}

}  // namespace
}  // namespace flatlan::tunnel
