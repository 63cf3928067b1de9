#include <algorithm>

#include "overlay/base/bytes.hpp"
#include "overlay/base/prng.hpp"
#include "tests/conformance/tunnel/cluster.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/udp_socket.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/ethernet.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/udp.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;
using support::UdpSocket;

constexpr std::string_view kForged = "from somebody who may not say so";
constexpr std::size_t kIpAt = VxlanHeader::kSizeBytes + EthernetHeader::kSizeBytes;
constexpr std::size_t kUdpAt = kIpAt + Ipv4Header::kSizeBytes;
constexpr std::size_t kTextAt = kUdpAt + UdpHeader::kSizeBytes;

/// A VXLAN datagram's payload in which `source` sends `kForged` to `to`, sound in every octet.
std::string encapsulated(const Cluster& cluster, const IpAddress& source, const Endpoint& to) {
    std::string octets(kTextAt + kForged.size(), '\0');
    std::copy(kForged.begin(), kForged.end(), octets.begin() + kTextAt);
    const auto out = std::as_writable_bytes(std::span{octets});
    VxlanHeader{cluster.sample.settings.vni}.write(out.first<VxlanHeader::kSizeBytes>());
    EthernetHeader{cluster.sample.nodes[1].mac, cluster.sample.nodes[0].mac, EtherType::ipv4}.write(
        out.subspan<VxlanHeader::kSizeBytes, EthernetHeader::kSizeBytes>());
    const auto udp_bytes = static_cast<std::uint16_t>(UdpHeader::kSizeBytes + kForged.size());
    Ipv4Header{.total_size_bytes = static_cast<std::uint16_t>(Ipv4Header::kSizeBytes + udp_bytes),
               .ttl = 63,
               .protocol = IpProtocol::udp,
               .source = source.ipv4(),
               .destination = to.address.ipv4()}
        .write(out.subspan<kIpAt, Ipv4Header::kSizeBytes>());
    UdpHeader udp{.source = Port{4000}, .destination = to.port, .size_bytes = udp_bytes};
    udp.write(out.subspan<kUdpAt, UdpHeader::kSizeBytes>());
    InternetChecksum sum =
        pseudo_header(source.ipv4(), to.address.ipv4(), IpProtocol::udp, udp_bytes);
    sum.add(out.subspan(kUdpAt));
    udp.checksum = udp_checksum(sum);
    udp.write(out.subspan<kUdpAt, UdpHeader::kSizeBytes>());
    return octets;
}

/// Only those that have a UDP port to be attacked at.
std::vector<Pairing> encapsulating() {
    auto all = pairings();
    std::erase_if(all, [](const Pairing& pairing) { return !pairing.far->encapsulates; });
    return all;
}

class Hostile : public Conformance {
protected:
    static Endpoint tunnel_port(const Cluster& cluster) {
        return {cluster.sample.nodes[1].endpoint, cluster.sample.settings.port};
    }
    /// What node 1 dropped for that reason.
    static std::uint64_t dropped(Cluster& cluster, std::string_view reason) {
        for (const DropCount& drop : must(cluster.backend(1).figures(std::nullopt)).drops)
            if (drop.reason == reason) return drop.packets;
        ADD_FAILURE() << "no such reason: " << reason;
        return 0;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, Hostile, testing::ValuesIn(encapsulating()), name_of);

TEST_P(Hostile, AnEndpointThatNobodyKnowsIsNotHeard) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    UdpSocket victim{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv4)};
    UdpSocket attacker{cluster.stranger(), stranger_address(GetParam().underlay)};
    const std::string forged =
        encapsulated(cluster, cluster.pod_address(0, IpFamily::ipv4), victim.endpoint());

    ASSERT_EQ(attacker.send(tunnel_port(cluster), forged), "");

    const auto patience = GetParam().far->judges_senders ? std::chrono::milliseconds{300}
                                                         : std::chrono::milliseconds{5000};
    EXPECT_EQ(victim.receive(patience).has_value(), !GetParam().far->judges_senders);
    if (GetParam().far->judges_senders) {
        EXPECT_EQ(dropped(cluster, "unknown_endpoint"), 1U);
    }
}

TEST_P(Hostile, ASourceThatIsNotTheSendersIsNotHeard) {
    Cluster cluster{GetParam(), {.nodes = 3, .underlay = GetParam().underlay}};
    UdpSocket victim{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv4)};
    UdpSocket known{cluster.node(0), cluster.sample.nodes[0].endpoint};
    const std::string forged =
        encapsulated(cluster, cluster.pod_address(2, IpFamily::ipv4), victim.endpoint());

    ASSERT_EQ(known.send(tunnel_port(cluster), forged), "");

    const auto patience = GetParam().far->judges_senders ? std::chrono::milliseconds{300}
                                                         : std::chrono::milliseconds{5000};
    EXPECT_EQ(victim.receive(patience).has_value(), !GetParam().far->judges_senders);
    if (!GetParam().far->judges_senders) return;
    EXPECT_EQ(dropped(cluster, "foreign_source"), 1U);
    const auto peers = must(cluster.backend(1).figures(cluster.wanted_for(1))).peers;
    ASSERT_EQ(peers.size(), 2U);
    EXPECT_EQ(peers[0].drops, (std::vector<DropCount>{{"foreign_source", 1}}));
    EXPECT_TRUE(peers[1].drops.empty());
}

/// One of many ways to be wrong; some leave the datagram as it was.
std::string mutated(const std::string& sound, Prng& prng) {
    if (prng.chance(1, 4)) {  // nothing but noise
        std::string noise(prng.below(200), '\0');
        for (char& octet : noise)
            octet = static_cast<char>(prng.next());
        return noise;
    }
    std::string octets = sound;
    for (std::uint64_t flips = prng.below(4); flips > 0; --flips)
        octets[prng.below(octets.size())] ^= static_cast<char>(1U << prng.below(8));
    if (prng.chance(1, 4)) octets.resize(prng.below(octets.size() + 1));
    return octets;
}

TEST_P(Hostile, MalformedDatagramsLeadNothingThroughAndLeaveTheTunnelAtWork) {
    constexpr std::uint64_t kSeed = 20;
    const auto rounds = support::rounds("malformed datagrams", 1'000'000, 20'000);
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    UdpSocket victim{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv4)};
    UdpSocket attacker{cluster.stranger(), stranger_address(GetParam().underlay)};
    const std::string sound =
        encapsulated(cluster, cluster.pod_address(0, IpFamily::ipv4), victim.endpoint());
    Prng prng{kSeed};
    SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
    std::uint64_t refused = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        refused += attacker.send(tunnel_port(cluster), mutated(sound, prng)).empty() ? 0U : 1U;
        // A tunnel that judges nobody lets through what came to no harm on the way.
        while (victim.receive(std::chrono::milliseconds{0}))
            ASSERT_FALSE(GetParam().far->judges_senders) << round;
    }
    EXPECT_EQ(refused, 0U);
    UdpSocket one{cluster.pod(0), cluster.pod_address(0, IpFamily::ipv6)};
    UdpSocket other{cluster.pod(1), cluster.pod_address(1, IpFamily::ipv6)};
    EXPECT_EQ(exchange(one, other), "");
}

}  // namespace
}  // namespace flatlan::tunnel
