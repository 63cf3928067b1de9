#include "tests/fuzz/fuzz_codec.hpp"
#include "tests/unit/tunnel/engine/engine_node.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kPacketBytesMax = 4096;  // small buffers make a round quick

}  // namespace

/// The first octet chooses the MTU of the tunnel; the rest comes from a pod of node 1. What is sent
/// has to fit, and node 2 has to take it; what is not sent is counted, and at most answered.
void fuzz(std::span<const std::byte> input) {
    if (input.empty() || input.size() > kPacketBytesMax) return;
    const OverlayMtu mtu{68 + std::to_integer<unsigned>(input[0])};
    EngineNode node{1, HopLimitRule::keep, kPacketBytesMax};
    EngineNode other{2, HopLimitRule::keep, kPacketBytesMax};
    node.know(1, 1, 2, mtu);
    other.know(2, 1, 2, mtu);
    {
        const ActionBatch batch = node.from_pod({input.begin() + 1, input.end()});
        FLATLAN_CHECK(!batch.empty());
        for (const Action& action : batch) {
            const Transmit* sent = std::get_if<Transmit>(&action);
            FLATLAN_CHECK(sent != nullptr || batch.size() == 1);
            if (sent == nullptr) continue;
            FLATLAN_CHECK(sent->datagram.size_bytes() <= mtu.value() + kEncapsulationBytes);
            const ActionBatch arrived =
                other.from_underlay(octets_of(sent->datagram), endpoint_of(1), sent->traffic_class);
            FLATLAN_CHECK(arrived.size() == 1 && std::holds_alternative<Deliver>(arrived[0]));
        }
    }
    FLATLAN_CHECK(node.engine.counters().packets() == 1);
    FLATLAN_CHECK(node.pool.available() == EngineNode::kBuffers);
}

}  // namespace flatlan::tunnel
