#include <atomic>
#include <thread>

#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

/// Packets between two nodes without pause, there and back, each awaited before the next one is
/// sent: whatever is lost, even one, is seen.
class Flood {
public:
    Flood(TunnelWorld& world, std::size_t from, std::size_t to, IpFamily family)
        : one_{world.network(from), world.overlay(from, family)},
          other_{world.network(to), world.overlay(to, family)},
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
    std::uint64_t rounds() const { return rounds_; }

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

/// What changes about a cluster of six while nodes 0 and 1 flood each other.
struct Change {
    const char* name;
    void (*make)(TunnelWorld& world, std::size_t round);
};

void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class UnderFlood : public support::NetworkTest,
                   public testing::WithParamInterface<std::tuple<Change, IpFamily>> {};

INSTANTIATE_TEST_SUITE_P(
    Each, UnderFlood,
    testing::Combine(
        testing::Values(Change{"PeersComeAndGo",
                               [](auto& world, auto round) {
                                   world.cluster.nodes.erase(world.cluster.nodes.begin() + 2,
                                                             world.cluster.nodes.end());
                                   for (std::size_t i = 2; i < 6 && round % 2 == 1; ++i)
                                       world.cluster.nodes.push_back(sample_node({}, i));
                               }},
                        Change{"BlocksMove",
                               [](auto& world, auto round) {
                                   for (auto& node : world.cluster.nodes)
                                       node.blocks.resize(2, node.blocks[0]);
                                   for (std::size_t i = 0; i < 20; ++i)
                                       world.cluster.nodes[(round + i) % 6].blocks.push_back(
                                           sample_block(IpFamily::ipv4, 100 + i));
                               }},
                        Change{"MacsOfOthersChange",
                               [](auto& world, auto round) {
                                   for (std::size_t i = 2; i < 6; ++i)
                                       world.cluster.nodes[i].mac =
                                           MacAddress::local_from(round * 6 + i);
                               }},
                        Change{"ThePathGetsNarrowAndWide",
                               [](auto& world, auto round) {
                                   world.narrow_paths.clear();
                                   if (round % 2 == 1)
                                       for (const std::size_t i : {0U, 1U})
                                           world.narrow_paths.push_back(
                                               {world.cluster.nodes[i].name, UnderlayMtu{1400}});
                               }},
                        Change{"AnEndpointMoves",
                               [](auto& world, auto round) {
                                   world.cluster.nodes[2].endpoint =
                                       sample_endpoint(IpFamily::ipv4, 50 + round % 3);
                               }}),
        testing::Values(IpFamily::ipv4, IpFamily::ipv6)),
    [](const auto& test) {
        return std::string{std::get<0>(test.param).name} +
               std::string{to_string(std::get<1>(test.param))};
    });

TEST_P(UnderFlood, NoPacketBetweenPeersThatStayIsLost) {
    const auto& [change, family] = GetParam();
    TunnelWorld world{{.nodes = 6}};
    world.apply_all();
    Flood flood{world, 0, 1, family};
    flood.wait_for(10);
    for (std::size_t round = 0; round < 50; ++round) {
        change.make(world, round);
        must(world.apply(0));
        must(world.apply(1));
    }
    flood.wait_for(10);
    EXPECT_EQ(flood.stop(), "");
    EXPECT_GT(flood.rounds(), 20U);
}

class Restart : public support::NetworkTest {};

// The process ends, and its successor finds the tunnel at work.
TEST_F(Restart, LosesNoPacket) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    Flood flood{world, 0, 1, IpFamily::ipv4};
    flood.wait_for(10);
    for (int restart = 0; restart < 20; ++restart)
        for (const std::size_t node : {0U, 1U}) {
            auto successor = must(KernelBackend::open(world.network(node)));
            EXPECT_TRUE(must(successor.apply(world.cluster.wanted_for(node))).empty());
        }
    flood.wait_for(10);
    EXPECT_EQ(flood.stop(), "");
}

}  // namespace
}  // namespace flatlan::tunnel
