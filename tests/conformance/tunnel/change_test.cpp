#include <atomic>
#include <thread>

#include "tests/conformance/tunnel/cluster.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

/// Packets between the pods of two nodes without pause, there and back, each awaited before the
/// next one is sent: whatever is lost, even one, is seen.
class Flood {
public:
    Flood(const Cluster& cluster, IpFamily family)
        : one_{cluster.pod(0), cluster.pod_address(0, family)},
          other_{cluster.pod(1), cluster.pod_address(1, family)},
          thread_{[this] { run(); }} {}
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;
    ~Flood() { stop(); }

    /// Waits until so many further rounds went through or one failed.
    void wait_for(std::uint64_t rounds) const {
        for (const auto goal = rounds_ + rounds; rounds_ < goal && !failed_;)
            std::this_thread::yield();
    }
    /// Empty when nothing was lost.
    std::string stop() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
        return failure_;
    }

private:
    void run() {
        while (!stopping_ && failure_.empty()) {
            failure_ = exchange(one_, other_);
            ++rounds_;
        }
        failed_ = !failure_.empty();
    }

    UdpSocket one_;
    UdpSocket other_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> failed_ = false;
    std::atomic<std::uint64_t> rounds_ = 0;
    std::string failure_;  // of the thread, until it has ended
    std::thread thread_;
};

class Change : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Each, Change, testing::ValuesIn(pairings()), name_of);

TEST_P(Change, OfPeersLosesNoPacketOfThoseThatStay) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
        Flood flood{cluster, family};
        flood.wait_for(10);
        const auto all = cluster.sample.nodes;
        for (int round = 0; round < 20; ++round) {
            cluster.sample.nodes = all;
            if (round % 2 == 0) cluster.sample.nodes.pop_back();
            must(cluster.apply(0));
            must(cluster.apply(1));
        }
        flood.wait_for(10);
        EXPECT_EQ(flood.stop(), "");
    }
}

TEST_P(Change, MakesAPeerThatComesReachableAndOneThatGoesUnreachable) {
    Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
    UdpSocket one{cluster.pod(0), cluster.pod_address(0, IpFamily::ipv4)};
    UdpSocket last{cluster.pod(2), cluster.pod_address(2, IpFamily::ipv4)};
    ASSERT_EQ(exchange(one, last), "");
    const auto all = cluster.sample.nodes;
    cluster.sample.nodes.pop_back();
    must(cluster.apply(0));
    // Whatever becomes of it, it does not arrive: else it would be the first to be read below.
    static_cast<void>(one.send(last.endpoint(), "to a peer that is gone"));
    cluster.sample.nodes = all;
    must(cluster.apply(0));
    UdpSocket again{cluster.pod(0), cluster.pod_address(0, IpFamily::ipv4)};
    EXPECT_EQ(exchange(again, last), "");
}

// Section 6 of the design: adopted, not rebuilt. A backend whose packets its own process carries
// may lose those that are on their way, and works on afterwards.
TEST_P(Change, OfTheProcessLeavesATunnelThatWorks) {
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
        for (const std::size_t node : {0U, 1U, 0U}) {
            cluster.restart(node);
            UdpSocket one{cluster.pod(0), cluster.pod_address(0, family)};
            UdpSocket other{cluster.pod(1), cluster.pod_address(1, family)};
            EXPECT_EQ(exchange(one, other), "");
        }
    }
}

/// A wanted state that cannot be had, once the tunnel works.
struct Wrong {
    const char* what;
    void (*make)(SampleCluster& sample);
};

constexpr Wrong kWrong[] = {
    {"a peer twice", [](auto& s) { s.nodes.push_back(s.nodes[1]); }},
    {"a peer's MAC address twice", [](auto& s) { s.nodes[2].mac = s.nodes[1].mac; }},
    {"a peer's endpoint twice", [](auto& s) { s.nodes[2].endpoint = s.nodes[1].endpoint; }},
    {"our own endpoint", [](auto& s) { s.nodes[1].endpoint = s.nodes[0].endpoint; }},
    {"overlapping blocks", [](auto& s) { s.nodes[2].blocks[0] = s.nodes[1].blocks[0]; }},
    {"an MTU too small for IPv6", [](auto& s) { s.settings.underlay_mtu = UnderlayMtu{1279}; }},
};

TEST_P(Change, ToWhatContradictsItselfIsRefusedAndTheTunnelWorksOn) {
    Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
    const SampleCluster good = cluster.sample;
    for (const Wrong& wrong : kWrong) {
        SCOPED_TRACE(wrong.what);
        wrong.make(cluster.sample);
        const auto refused = cluster.apply(0);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_NE(refused.error().text(), "");
        cluster.sample = good;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
            UdpSocket one{cluster.pod(0), cluster.pod_address(0, family)};
            UdpSocket other{cluster.pod(1), cluster.pod_address(1, family)};
            EXPECT_EQ(exchange(one, other), "");
        }
    }
    EXPECT_FALSE(Vni::from(1U << 24U));  // such a one cannot even be said
}

TEST_P(Change, CountsWhatTheTunnelCarried) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    const TunnelFigures before = must(cluster.backend(0).figures(std::nullopt));
    UdpSocket one{cluster.pod(0), cluster.pod_address(0, IpFamily::ipv4)};
    UdpSocket other{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv4)};
    for (int round = 0; round < 10; ++round)
        ASSERT_EQ(exchange(one, other), "");
    const TunnelFigures after = must(cluster.backend(0).figures(std::nullopt));
    EXPECT_GE(after.sent.packets, before.sent.packets + 10);
    EXPECT_GE(after.received.packets, before.received.packets + 10);
    EXPECT_GT(after.sent.octets, before.sent.octets);
    EXPECT_FALSE(after.drops.empty());
    EXPECT_TRUE(after.peers.empty());
    EXPECT_EQ(after.notes, std::vector<std::string>{});
}

TEST_P(Change, TellsPeersApart) {
    constexpr std::uint64_t kPackets = 10;
    constexpr std::size_t kHeaders = 14 + 8;  // Ethernet, UDP; beside IP's own
    Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
    cluster.narrow_paths = {{cluster.sample.nodes[2].name, UnderlayMtu{1400}}};
    must(cluster.apply(0));
    std::uint64_t octets = 0;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        UdpSocket one{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket other{cluster.pod(1), cluster.pod_address(1, family)};
        for (std::uint64_t i = 0; i < kPackets; ++i) {
            ASSERT_EQ(one.send(other.endpoint(), "counted"), "");
            ASSERT_TRUE(other.receive(std::chrono::seconds{5}));
            octets +=
                kHeaders + (family == IpFamily::ipv4 ? 20 : 40) + std::string{"counted"}.size();
        }
    }
    const auto peers = must(cluster.backend(0).figures(cluster.wanted_for(0))).peers;
    ASSERT_EQ(peers.size(), 2U);
    EXPECT_EQ(peers[0].node, cluster.sample.nodes[1].name);
    EXPECT_EQ(peers[0].sent, (TrafficCount{2 * kPackets, octets}));
    EXPECT_EQ(peers[0].path_mtu, cluster.mtu());
    EXPECT_EQ(peers[1].sent, TrafficCount{});
    EXPECT_EQ(peers[1].received, TrafficCount{});
    ASSERT_TRUE(peers[1].path_mtu);
    EXPECT_EQ(cluster.mtu().value() - peers[1].path_mtu->value(), 100U);

    const auto back = must(cluster.backend(1).figures(cluster.wanted_for(1))).peers;
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].node, cluster.sample.nodes[0].name);
    EXPECT_EQ(back[0].received, (TrafficCount{2 * kPackets, octets}));
}

}  // namespace
}  // namespace flatlan::tunnel
