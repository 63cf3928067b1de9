#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/conformance/tunnel/cluster.hpp"
#include "tests/conformance/tunnel/icmp_error.hpp"
#include "tests/conformance/tunnel/stream.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

using support::UdpSocket;

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

std::size_t headers_bytes(IpFamily family) { return (family == IpFamily::ipv4 ? 20 : 40) + 8; }

class Sizes : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Each, Sizes, testing::ValuesIn(pairings()), name_of);

TEST_P(Sizes, UpToTheMtuPassAndOneOctetMoreIsRefused) {
    for (const std::uint32_t mtu : {1500U, 9000U}) {
        Cluster cluster{
            GetParam(),
            {.nodes = 2, .underlay = GetParam().underlay, .underlay_mtu = UnderlayMtu{mtu}}};
        for (const IpFamily family : kFamilies) {
            SCOPED_TRACE(std::to_string(mtu) + " " + std::string{to_string(family)});
            UdpSocket sender{cluster.pod(0), cluster.pod_address(0, family)};
            UdpSocket receiver{cluster.pod(1), cluster.pod_address(1, family)};
            const std::size_t most = cluster.mtu().value() - headers_bytes(family);
            for (const std::size_t size : {std::size_t{0}, std::size_t{1}, most - 1, most}) {
                const std::string text(size, 'x');
                ASSERT_EQ(sender.send(receiver.endpoint(), text), "");
                const auto got = receiver.receive();
                ASSERT_TRUE(got) << size;
                EXPECT_EQ(got->text.size(), size);
            }
            EXPECT_EQ(sender.send(receiver.endpoint(), std::string(most + 1, 'x')),
                      "Message too long");
        }
    }
}

TEST_P(Sizes, BeyondTheMtuPassInFragmentsThatThePodMakes) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        UdpSocket sender{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket receiver{cluster.pod(1), cluster.pod_address(1, family)};
        allow_fragments(sender.fd(), family);
        for (const std::size_t size : {std::size_t{1500}, std::size_t{8000}, std::size_t{60000}}) {
            std::string text(size, ' ');
            for (std::size_t i = 0; i < size; ++i)
                text[i] = static_cast<char>('a' + i % 23);
            ASSERT_EQ(sender.send(receiver.endpoint(), text), "");
            const auto got = receiver.receive();
            ASSERT_TRUE(got) << size;
            EXPECT_EQ(got->text, text);
        }
    }
}

TEST_P(Sizes, OfAStreamMatterNot) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    constexpr std::size_t kBytes = 8 << 20;
    for (const IpFamily family : kFamilies)
        for (const auto& [from, to] : {std::pair{0U, 1U}, std::pair{1U, 0U}})
            EXPECT_EQ(stream({cluster.pod(from), cluster.pod_address(from, family)},
                             {cluster.pod(to), cluster.pod_address(to, family)}, kBytes),
                      "");
}

class Errors : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Each, Errors, testing::ValuesIn(pairings()), name_of);

// RFC 1191, RFC 8201: the node in front of the narrow way says how much passes.
TEST_P(Errors, OfAPacketThatIsTooBigForTheWayReachThePodWithTheMtu) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    cluster.narrow_paths = {{cluster.sample.nodes[1].name, UnderlayMtu{1400}}};
    support::must(cluster.apply(0));
    const std::uint32_t passes = 1400 - (1500 - cluster.mtu().value());
    for (const IpFamily family : kFamilies) {
        UdpSocket sender{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket receiver{cluster.pod(1), cluster.pod_address(1, family)};
        ask_for_errors(sender.fd(), family);
        const std::string fits(passes - headers_bytes(family), 'x');
        ASSERT_EQ(sender.send(receiver.endpoint(), fits + "x"), "");
        const auto error = next_error(sender.fd(), family);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->errno_value, EMSGSIZE);
        EXPECT_EQ(error->info, passes);
        ASSERT_EQ(sender.send(receiver.endpoint(), fits), "");
        EXPECT_TRUE(receiver.receive());
    }
}

// RFC 1812, section 4.3.3; RFC 4443, section 3.3: each node on the way is one hop.
TEST_P(Errors, OfAHopLimitThatRunsOutNameTheNodeWhereItDid) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        UdpSocket sender{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket receiver{cluster.pod(1), cluster.pod_address(1, family)};
        ask_for_errors(sender.fd(), family);
        for (const int hops : {1, 2}) {
            limit_hops(sender.fd(), family, hops);
            ASSERT_EQ(sender.send(receiver.endpoint(), "short"), "");
            const auto error = next_error(sender.fd(), family);
            ASSERT_TRUE(error) << hops;
            EXPECT_EQ(error->errno_value, EHOSTUNREACH);
            EXPECT_EQ(error->type, family == IpFamily::ipv4 ? 11 : 3);  // time exceeded
            const auto& node = cluster.sample.nodes[static_cast<std::size_t>(hops) - 1];
            if (hops == 2) {
                EXPECT_EQ(error->offender, node.overlay.find(family));
            }
        }
        limit_hops(sender.fd(), family, 3);
        ASSERT_EQ(sender.send(receiver.endpoint(), "long enough"), "");
        EXPECT_TRUE(receiver.receive());
    }
}

TEST_P(Errors, OfAnAddressThatNoPodHasComeFromItsNode) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    for (const IpFamily family : kFamilies) {
        UdpSocket sender{cluster.pod(0), cluster.pod_address(0, family)};
        ask_for_errors(sender.fd(), family);
        const IpAddress nobodys = sample_block(family, 1).at(9);
        const IpAddress of_no_block = sample_block(family, 77).at(2);
        for (const IpAddress& address : {nobodys, of_no_block}) {
            SCOPED_TRACE(to_string(address));
            ASSERT_EQ(sender.send({address, Port{9}}, "to nobody"), "");
            const auto error = next_error(sender.fd(), family);
            ASSERT_TRUE(error);
            EXPECT_EQ(error->type, family == IpFamily::ipv4 ? 3 : 1);  // unreachable
        }
    }
}

}  // namespace
}  // namespace flatlan::tunnel
