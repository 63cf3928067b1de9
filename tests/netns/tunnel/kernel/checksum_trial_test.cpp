#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "overlay/linux/link.hpp"
#include "tests/netns/tunnel/kernel/tunnel_world.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

/// A cable that copies frames as they are in memory and no more: what a device was to do to them is
/// lost, as on a switch that takes frames for finished ones.
class NaiveCable {
public:
    NaiveCable(TunnelWorld& world, const InterfaceName& one, const InterfaceName& other)
        : ends_{open_end(world, one), open_end(world, other)}, thread_{[this] { run(); }} {}
    NaiveCable(const NaiveCable&) = delete;
    NaiveCable& operator=(const NaiveCable&) = delete;
    ~NaiveCable() {
        over_ = true;
        thread_.join();
    }

private:
    static UniqueFd open_end(TunnelWorld& world, const InterfaceName& port) {
        support::run_tool(world.underlay(), "ip link set " + port.text() + " nomaster");
        auto netlink = must(Netlink::open_in(world.underlay()));
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETH_P_ALL);
        at.sll_ifindex = static_cast<int>(must(get_link(netlink, port)).index.value());
        return must(run_in(world.underlay(), [&]() -> Result<UniqueFd> {
            UniqueFd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))};
            if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
                return Error::from_errno(errno, "open a packet socket");
            return socket;
        }));
    }

    void run() {
        std::array<pollfd, 2> waits{{{ends_[0].get(), POLLIN, 0}, {ends_[1].get(), POLLIN, 0}}};
        std::array<std::byte, 65536> frame;
        while (!over_) {
            ::poll(waits.data(), waits.size(), 10);
            for (std::size_t end = 0; end < waits.size(); ++end) {
                sockaddr_ll from{};
                socklen_t size = sizeof from;
                const ssize_t got =
                    ::recvfrom(waits[end].fd, frame.data(), frame.size(), MSG_DONTWAIT,
                               reinterpret_cast<sockaddr*>(&from), &size);
                if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
                    static_cast<void>(
                        ::send(waits[1 - end].fd, frame.data(), static_cast<std::size_t>(got), 0));
            }
        }
    }

    std::array<UniqueFd, 2> ends_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

bool uses(const TunnelFigures& figures, std::string_view offload) {
    return std::find(figures.offloads.begin(), figures.offloads.end(), offload) !=
           figures.offloads.end();
}

class ChecksumTrial : public support::NetworkTest {
protected:
    static std::unique_ptr<OffloadTrial> next_trial(TunnelWorld& world, std::size_t node) {
        return must(world.backend(node).next_trial(world.cluster.wanted_for(node)));
    }
    static void end_trial(TunnelWorld& world, std::size_t node, OffloadTrial& trial) {
        must(world.backend(node).end_trial(trial, must(trial.run(-1))));
    }
    static TunnelFigures try_on(TunnelWorld& world, std::size_t node) {
        if (const auto trial = next_trial(world, node)) end_trial(world, node, *trial);
        return must(world.backend(node).figures(std::nullopt));
    }
};

TEST_F(ChecksumTrial, LeavesOnWhatWorks) {
    for (const IpFamily underlay : {IpFamily::ipv4, IpFamily::ipv6}) {
        TunnelWorld world{{.nodes = 2, .underlay = underlay}};
        world.apply_all();
        const TunnelFigures figures = try_on(world, 0);
        EXPECT_TRUE(uses(figures, "tx-checksumming"));
        EXPECT_TRUE(uses(figures, "rx-checksumming"));
        EXPECT_EQ(figures.notes, std::vector<std::string>{});
    }
}

TEST_F(ChecksumTrial, SwitchesOffWhatArrivesCorrupted) {
    for (const bool ipv4 : {true, false}) {
        TunnelWorld world{{.nodes = 2, .ipv4 = ipv4}};
        world.apply_all();
        const NaiveCable cable{world, InterfaceName{"u0"}, InterfaceName{"u1"}};
        const TunnelFigures figures = try_on(world, 0);
        EXPECT_FALSE(uses(figures, "tx-checksumming"));
        EXPECT_TRUE(uses(figures, "rx-checksumming"));
        ASSERT_EQ(figures.notes.size(), 1U);
        EXPECT_NE(figures.notes[0].find("tx-checksumming of flat0 is off"), std::string::npos)
            << figures.notes[0];
        EXPECT_TRUE(must(world.apply(0)).empty()) << "it is no drift";
    }
}

TEST_F(ChecksumTrial, ANewDeviceIsTriedAnew) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    {
        const NaiveCable cable{world, InterfaceName{"u0"}, InterfaceName{"u1"}};
        ASSERT_FALSE(uses(try_on(world, 0), "tx-checksumming"));
        must(remove_link(world.netlink(0), InterfaceName{"flat0"}));
        must(world.apply(0));
        EXPECT_FALSE(uses(try_on(world, 0), "tx-checksumming"));
    }
}

TEST_F(ChecksumTrial, IsOverOnceAPeerHasAnswered) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    const auto trial = next_trial(world, 0);
    ASSERT_NE(trial, nullptr);
    end_trial(world, 0, *trial);
    EXPECT_EQ(next_trial(world, 0), nullptr);
}

TEST_F(ChecksumTrial, AsksAnotherPeerWhereOneDoesNotAnswer) {
    TunnelWorld world{{.nodes = 3}};
    for (const std::size_t node : {0U, 2U})
        must(world.apply(node));
    for (const bool known : {false, true}) {
        const auto trial = next_trial(world, 0);
        ASSERT_NE(trial, nullptr);
        EXPECT_EQ(trial->number(), known ? 1U : 0U);
        const OffloadVerdict verdict = must(trial->run(-1));
        EXPECT_EQ(verdict.known, known);
        must(world.backend(0).end_trial(*trial, verdict));
    }
}

TEST_F(ChecksumTrial, EndsWhenItIsToldToAndLeavesAllOn) {
    TunnelWorld world{{.nodes = 2}};
    must(world.apply(0));
    const UniqueFd stop{::eventfd(1, EFD_CLOEXEC)};
    const auto trial = next_trial(world, 0);
    ASSERT_NE(trial, nullptr);
    const auto ended = trial->run(stop.get());
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), ErrorCode::interrupted);
    const TunnelFigures figures = must(world.backend(0).figures(std::nullopt));
    EXPECT_TRUE(uses(figures, "tx-checksumming"));
    EXPECT_TRUE(uses(figures, "rx-checksumming"));
}

TEST_F(ChecksumTrial, OfADeviceThatIsGoneSwitchesNothingOffAtTheNext) {
    TunnelWorld world{{.nodes = 2}};
    world.apply_all();
    const NaiveCable cable{world, InterfaceName{"u0"}, InterfaceName{"u1"}};
    const auto trial = next_trial(world, 0);
    ASSERT_NE(trial, nullptr);
    must(remove_link(world.netlink(0), InterfaceName{"flat0"}));
    must(world.apply(0));
    const OffloadVerdict verdict = must(trial->run(-1));
    EXPECT_NE(verdict.note, "");
    must(world.backend(0).end_trial(*trial, verdict));
    const TunnelFigures figures = must(world.backend(0).figures(std::nullopt));
    EXPECT_TRUE(uses(figures, "tx-checksumming"));
    EXPECT_EQ(figures.notes, std::vector<std::string>{});
    EXPECT_NE(next_trial(world, 0), nullptr);
}

// What did not arrive was no fault of the offload that was on then.
TEST_F(ChecksumTrial, SuspectsNothingWhereThePeersTunnelComesMeanwhile) {
    constexpr std::uint64_t kSmallOnes = 3;  // then come those in fragments
    TunnelWorld world{{.nodes = 2}};
    must(world.apply(0));
    std::thread peer{[&] {
        const InterfaceName flat0{"flat0"};
        while (must(get_link(world.netlink(0), flat0)).stats.sent_packets <= kSmallOnes)
            std::this_thread::yield();
        must(world.apply(1));
    }};
    const TunnelFigures figures = try_on(world, 0);
    peer.join();
    EXPECT_TRUE(uses(figures, "tx-checksumming"));
    EXPECT_TRUE(uses(figures, "rx-checksumming"));
    EXPECT_EQ(figures.notes, std::vector<std::string>{});
}

TEST_F(ChecksumTrial, SuspectsNothingWhereNobodyAnswers) {
    TunnelWorld world{{.nodes = 2}};
    must(world.apply(0));
    const TunnelFigures figures = try_on(world, 0);
    EXPECT_TRUE(uses(figures, "tx-checksumming"));
    EXPECT_TRUE(uses(figures, "rx-checksumming"));
    EXPECT_EQ(figures.notes, std::vector<std::string>{});
}

}  // namespace
}  // namespace flatlan::tunnel
