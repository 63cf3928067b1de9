#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <set>

#include "tests/conformance/tunnel/cluster.hpp"
#include "tests/support/run_tool.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::run_tool;
using support::UdpSocket;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

class Delivery : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Each, Delivery, testing::ValuesIn(pairings()), name_of);

TEST_P(Delivery, OfUdpShowsEachSidesOwnAddressAndPort) {
    Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies)
        for (std::size_t from = 0; from < 3; ++from)
            for (std::size_t to = 0; to < 3; ++to) {
                UdpSocket one{cluster.pod(from), cluster.pod_address(from, family)};
                UdpSocket other{cluster.pod(to), cluster.pod_address(to, family)};
                EXPECT_EQ(exchange(one, other), "");  // to itself too
                UdpSocket node{cluster.node(to), *cluster.sample.nodes[to].overlay.find(family)};
                EXPECT_EQ(exchange(one, node), "");
            }
}

TEST_P(Delivery, OfEchoesOfNoOctetAndOfTheLargestSize) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        const std::size_t headers = (family == IpFamily::ipv4 ? 20 : 40) + 8;
        // One by one: for the last of several ping has no patience, whatever -W says.
        for (const std::size_t size : {std::size_t{0}, cluster.mtu().value() - headers})
            for (int echo = 0; echo < 3; ++echo)
                run_tool(cluster.pod(0), "ping -n -c 1 -W 10 -M do -s " + std::to_string(size) +
                                             " " + to_string(cluster.pod_address(1, family)));
    }
}

TEST_P(Delivery, OfManyFlowsAtOnceMixesNone) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        UdpSocket receiver{cluster.pod(1), cluster.pod_address(1, family)};
        std::vector<UdpSocket> senders;
        std::set<std::string> sent, received;
        for (int flow = 0; flow < 64; ++flow)
            senders.emplace_back(cluster.pod(0), cluster.pod_address(0, family));
        for (UdpSocket& sender : senders) {
            ASSERT_EQ(sender.send(receiver.endpoint(), to_string(sender.endpoint())), "");
            sent.insert(to_string(sender.endpoint()));
        }
        while (received.size() < sent.size()) {
            const auto got = receiver.receive();
            ASSERT_TRUE(got) << received.size() << " of " << sent.size();
            EXPECT_EQ(got->text, to_string(got->from));
            received.insert(got->text);
        }
        EXPECT_EQ(received, sent);
    }
}

// RFC 768: a checksum of zero says that the sender made none.
TEST_P(Delivery, OfUdpWithoutAChecksum) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    UdpSocket one{cluster.pod(0), cluster.pod_address(0, IpFamily::ipv4)};
    UdpSocket other{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv4)};
    const int on = 1;
    for (const UdpSocket* const socket : {&one, &other})
        ASSERT_EQ(setsockopt(socket->fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    EXPECT_EQ(exchange(one, other), "");
}

/// The traffic class with which the next datagram came.
std::optional<int> receive_class(const UdpSocket& socket, IpFamily family) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::array<char, 64> text{};
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket.fd(), &message, 0) < 0) return std::nullopt;
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (family == IpFamily::ipv4 && at->cmsg_type == IP_TOS) return *CMSG_DATA(at);
        if (family == IpFamily::ipv6 && at->cmsg_type == IPV6_TCLASS) {
            int value = 0;
            std::memcpy(&value, CMSG_DATA(at), sizeof value);
            return value;
        }
    }
    return std::nullopt;
}

// RFC 6040, section 4.2: what the underlay does not mark comes out as it went in.
TEST_P(Delivery, KeepsDscpAndEcn) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        const bool v4 = family == IpFamily::ipv4;
        UdpSocket one{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket other{cluster.pod(1), cluster.pod_address(1, family)};
        const int on = 1;
        ASSERT_EQ(setsockopt(other.fd(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
                             v4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on, sizeof on),
                  0);
        for (const int mark : {0, 1, 2, 3, 0xb8, 0xba}) {  // Not-ECT, ECT(1), ECT(0), CE, EF
            ASSERT_EQ(setsockopt(one.fd(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
                                 v4 ? IP_TOS : IPV6_TCLASS, &mark, sizeof mark),
                      0);
            ASSERT_EQ(one.send(other.endpoint(), "marked"), "");
            EXPECT_EQ(receive_class(other, family), mark);
        }
    }
}

}  // namespace
}  // namespace flatlan::tunnel
