#pragma once

#include <string>

#include "tests/unit/tunnel/engine/packets.hpp"
#include "tunnel/engine/engine.hpp"

/// Nodes of a small cluster for tests of the engine: node n (1, 2, ...) has the endpoint
/// 172.31.0.n, the blocks 10.244.n.0/24 and fd00:10:244:n::/64, and is itself .1 and ::1 in them.
namespace flatlan::tunnel {

inline constexpr Vni kTestVni{42};
inline constexpr OverlayMtu kTestMtu{1450};
inline constexpr Instant kTestStart = Instant::from_nanoseconds(1'000'000'000);

inline IpAddress endpoint_of(unsigned node) {
    return Ipv4Address{0xac1f'0000U + node};  // 172.31.0.0
}
inline MacAddress mac_of(unsigned node) { return MacAddress::local_from(0x1000 + node); }
inline Ipv4Address pod4(unsigned node, unsigned pod) {
    return Ipv4Address{0x0af4'0000U + (node << 8U) + pod};  // 10.244.0.0
}
inline Ipv6Address pod6(unsigned node, unsigned pod) {
    return Ipv6Address::from_halves(0xfd00'0010'0244'0000U + node, pod);
}
inline IpAddress pod(IpFamily family, unsigned node, unsigned number) {
    return family == IpFamily::ipv4 ? IpAddress{pod4(node, number)} : IpAddress{pod6(node, number)};
}
inline std::vector<IpPrefix> blocks_of(unsigned node) {
    return {IpPrefix::containing(pod4(node, 0), 24), IpPrefix::containing(pod6(node, 0), 64)};
}

/// A node's engine and what a driver would keep for it.
class EngineNode {
public:
    static constexpr std::size_t kBuffers = 80;  // one packet and its 64 fragments, with room

    explicit EngineNode(unsigned number, HopLimitRule rule = HopLimitRule::keep,
                        std::size_t packet_bytes_max = 66000)
        : pool{kBuffers, packet_bytes_max + Engine::kHeadRoomBytes},
          engine{kTestStart,
                 EngineSettings{.vni = kTestVni,
                                .endpoint = endpoint_of(number),
                                .gateway = {mac_of(number), {pod4(number, 1), pod6(number, 1)}},
                                .blocks = blocks_of(number),
                                .hop_limit_rule = rule},
                 pool} {}

    /// Makes the nodes `first` to `last` but `self` its peers.
    void know(unsigned self, unsigned first, unsigned last, OverlayMtu mtu = kTestMtu) {
        std::vector<Peer> peers;
        for (unsigned node = first; node <= last; ++node)
            if (node != self)
                peers.push_back({endpoint_of(node), mac_of(node), blocks_of(node), mtu});
        FLATLAN_CHECK(engine.set_peers(peers));
    }

    ActionBatch from_pod(const Octets& packet, Instant now = kTestStart) {
        return engine.handle_from_pod(now, buffer(packet));
    }
    ActionBatch from_underlay(const Octets& datagram, const IpAddress& from,
                              TrafficClass traffic_class = {}, Instant now = kTestStart) {
        return engine.handle_from_underlay(now, buffer(datagram), {from, traffic_class});
    }

    PacketPool pool;
    Engine engine;

private:
    PacketBuffer buffer(const Octets& octets) {
        auto taken = pool.take_copy(Engine::kHeadRoomBytes, octets);
        FLATLAN_CHECK(taken);
        return std::move(*taken);
    }
};

inline Octets octets_of(const PacketBuffer& packet) {
    return {packet.bytes().begin(), packet.bytes().end()};
}

/// The only action of a batch, which has to be of this kind.
template <typename Kind>
const Kind& only(const ActionBatch& batch) {
    FLATLAN_CHECK(batch.size() == 1);
    const Kind* action = std::get_if<Kind>(&batch[0]);
    FLATLAN_CHECK(action != nullptr);
    return *action;
}

/// What a batch does, in words: "transmit", "deliver", "drop foreign_source", one after the other.
inline std::string outline(const ActionBatch& batch) {
    std::string text;
    for (const Action& action : batch) {
        if (!text.empty()) text += ", ";
        if (std::holds_alternative<Transmit>(action)) text += "transmit";
        if (std::holds_alternative<Deliver>(action)) text += "deliver";
        if (const Drop* drop = std::get_if<Drop>(&action))
            text += "drop " + std::string{to_string(drop->reason)};
    }
    return text;
}

}  // namespace flatlan::tunnel
