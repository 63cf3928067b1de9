#include <sys/socket.h>

#include <future>
#include <numeric>

#include "overlay/base/prng.hpp"
#include "overlay/linux/neighbour.hpp"
#include "tests/netns/tunnel/user/user_world.hpp"
#include "tests/support/udp_socket.hpp"
#include "tunnel/user/udp_sockets.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

/// The ends, the underlay's family, how many queues.
struct Case {
    EndKind first;
    EndKind second;
    IpFamily underlay = IpFamily::ipv4;
    std::size_t queues = 1;
};

class UserPackets : public support::NetworkTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        NetworkTest::SetUp();
        const bool tun = GetParam().first == EndKind::tun || GetParam().second == EndKind::tun;
        if (tun && !may_open_tun()) GTEST_SKIP() << "/dev/net/tun may not be opened here";
    }
    static UserWorld world() {
        return {{.nodes = 2, .underlay = GetParam().underlay},
                GetParam().first,
                GetParam().second,
                {.queues = GetParam().queues}};
    }
};

INSTANTIATE_TEST_SUITE_P(Ends, UserPackets,
                         testing::Values(Case{EndKind::veth, EndKind::veth},
                                         Case{EndKind::tun, EndKind::tun},
                                         Case{EndKind::tun, EndKind::veth, IpFamily::ipv6},
                                         Case{EndKind::veth, EndKind::kernel},
                                         Case{EndKind::tun, EndKind::kernel},
                                         Case{EndKind::kernel, EndKind::veth, IpFamily::ipv6},
                                         Case{EndKind::veth, EndKind::veth, IpFamily::ipv4, 3},
                                         Case{EndKind::tun, EndKind::tun, IpFamily::ipv6, 3}),
                         [](const auto& test) {
                             return to_string(test.param.first) + "To" +
                                    to_string(test.param.second) + "Over" +
                                    std::string{to_string(test.param.underlay)} + "Queues" +
                                    std::to_string(test.param.queues);
                         });

TEST_P(UserPackets, ReachTheOtherNodeWithTheSendersOwnAddress) {
    UserWorld world = UserPackets::world();
    world.apply_all();
    for (const IpFamily family : kFamilies) {
        UdpSocket one{world.network(0), world.overlay(0, family)};
        UdpSocket other{world.network(1), world.overlay(1, family)};
        EXPECT_EQ(exchange(one, other), "") << to_string(family);
        world.run(0, "ping -c 1 -W 5 " + to_string(world.overlay(1, family)));
    }
    for (std::size_t i = 0; i < 2; ++i) {
        auto netlink = netlink_in(world.network(i));
        EXPECT_EQ(must(count_learnt_neighbours(netlink)), 0U);
    }
}

TEST_P(UserPackets, OfTheTunnelsMtuPassAndOneOctetMoreIsRefused) {
    UserWorld world = UserPackets::world();
    world.apply_all();
    const std::size_t mtu = GetParam().underlay == IpFamily::ipv4 ? 1450 : 1430;
    for (const IpFamily family : kFamilies) {
        SCOPED_TRACE(to_string(family));
        UdpSocket sender{world.network(0), world.overlay(0, family)};
        UdpSocket receiver{world.network(1), world.overlay(1, family)};
        const std::string fits(mtu - (family == IpFamily::ipv4 ? 28 : 48), 'x');
        EXPECT_EQ(sender.send(receiver.endpoint(), fits), "");
        EXPECT_TRUE(receiver.receive());
        EXPECT_EQ(sender.send(receiver.endpoint(), fits + "x"), "Message too long");
    }
}

/// A TCP socket inside a namespace.
UniqueFd tcp_socket(const Namespace& network, const IpAddress& address) {
    return must(run_in(network, [&]() -> Result<UniqueFd> {
        UniqueFd socket{
            ::socket(address.is_ipv4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        SocketAddress local = SocketAddress::from(address, Port::any());
        if (!socket || ::bind(socket.get(), local.get(), local.size_bytes) != 0)
            return Error::from_errno(errno, "bind a TCP socket");
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
            ::setsockopt(socket.get(), SOL_SOCKET, option, &patience, sizeof patience);
        return socket;
    }));
}

/// What comes out of a connection until it ends.
std::string read_all(int socket) {
    std::string all;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got <= 0) return all;
        all.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// Sends `text` over TCP from one node to the other, and returns what arrives.
std::string carry(UserWorld& world, std::size_t from, IpFamily family, const std::string& text) {
    const UniqueFd listener = tcp_socket(world.network(1 - from), world.overlay(1 - from, family));
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    SocketAddress address;
    address.size_bytes = sizeof address.storage;
    EXPECT_EQ(::getsockname(listener.get(), address.get(), &address.size_bytes), 0);
    auto arrived = std::async(std::launch::async, [&] {
        const UniqueFd connection{::accept(listener.get(), nullptr, nullptr)};
        return read_all(connection.get());
    });
    const UniqueFd sender = tcp_socket(world.network(from), world.overlay(from, family));
    if (::connect(sender.get(), address.get(), address.size_bytes) == 0) {
        std::size_t sent = 0;
        while (sent < text.size()) {
            const ssize_t more =
                ::send(sender.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (more <= 0) break;
            sent += static_cast<std::size_t>(more);
        }
        EXPECT_EQ(sent, text.size());
    } else {
        ADD_FAILURE() << "cannot connect: errno " << errno;
        ::shutdown(listener.get(), SHUT_RDWR);
    }
    ::shutdown(sender.get(), SHUT_WR);
    return arrived.get();
}

std::string random_text(std::size_t size) {
    Prng prng{7};
    std::string text(size, '\0');
    for (char& octet : text)
        octet = static_cast<char>(prng.next() >> 56U);
    return text;
}

// Large enough for the kernel to hand it over uncut; between a kernel's end and ours too, where
// packets over veth arrive neither cut nor summed up.
TEST_P(UserPackets, OfALargeTransferArriveOctetForOctet) {
    UserWorld world = UserPackets::world();
    world.apply_all();
    const std::string text = random_text(8 << 20);
    for (const IpFamily family : kFamilies)
        for (const std::size_t from : {0U, 1U}) {
            SCOPED_TRACE(std::string{to_string(family)} + " from node " + std::to_string(from));
            EXPECT_TRUE(carry(world, from, family, text) == text);
        }
}

TEST_P(UserPackets, CountForTheirPeer) {
    UserWorld world = UserPackets::world();
    world.apply_all();
    for (const std::size_t node : {0U, 1U}) {
        auto* const user = dynamic_cast<UserBackend*>(&world.backend(node));
        if (user == nullptr) continue;
        const auto& peer = world.cluster.nodes[1 - node].endpoint;
        const Counters before = user->find_counters(peer).value();
        // One by one: for the last of several ping has no patience, whatever -W says.
        for (int echo = 0; echo < 3; ++echo)
            world.run(node, "ping -c 1 -s 100 -W 5 " +
                                to_string(world.overlay(1 - node, IpFamily::ipv4)));
        const Counters after = user->find_counters(peer).value();
        EXPECT_EQ(after.sent_packets - before.sent_packets, 3U);
        EXPECT_EQ(after.received_packets - before.received_packets, 3U);
        EXPECT_EQ(after.sent_octets - before.sent_octets, 3U * 128);
        EXPECT_EQ(after.dropped, before.dropped);
        EXPECT_FALSE(user->find_counters(support::ip("172.16.9.9")));
        EXPECT_TRUE(user->offloads().value().cut_by_kernel);
        EXPECT_TRUE(user->offloads().value().joined);
    }
}

}  // namespace
}  // namespace flatlan::tunnel
