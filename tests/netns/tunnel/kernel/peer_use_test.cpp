#include "tunnel/kernel/peer_use.hpp"

#include <gmock/gmock.h>

#include "tests/netns/tunnel/kernel/tunnel_world.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

class PeerUseTest : public support::NetworkTest {};

TEST_F(PeerUseTest, TellsPeersToWhichPodsSendAndNoneThatWasOnlyProbed) {
    TunnelWorld world{{.nodes = 3}};
    auto use = must(PeerUse::open(world.network(0)));
    EXPECT_THAT(must(use.poll(Instant{})), IsEmpty());  // there is no device yet
    world.apply_all();
    EXPECT_THAT(must(use.poll(Instant{})), IsEmpty());

    const IpAddress used = world.cluster.nodes[1].endpoint;
    const IpAddress other = world.cluster.nodes[2].endpoint;
    UdpSocket one{world.network(0), world.overlay(0, IpFamily::ipv4)};
    UdpSocket two{world.network(1), world.overlay(1, IpFamily::ipv4)};
    // What is sent within the kernel's tick in which the entry was made does not show.
    std::vector<IpAddress> told;
    support::eventually([&] {
        EXPECT_EQ(exchange(one, two), "");
        told = must(use.poll(Instant{}));
        return !told.empty();
    });
    EXPECT_THAT(told, Contains(used));
    EXPECT_THAT(told, Not(Contains(other)));
    EXPECT_THAT(must(use.poll(Instant{})), IsEmpty());  // and nothing since

    world.run(0, "ping -c 1 -W 5 " + to_string(other));
    EXPECT_THAT(must(use.poll(Instant{})), IsEmpty());
}

}  // namespace
}  // namespace flatlan::tunnel
