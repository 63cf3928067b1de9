#include "tests/fuzz/fuzz_codec.hpp"
#include "tests/unit/tunnel/engine/engine_node.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kPacketBytesMax = 4096;  // small buffers make a round quick

bool owns(unsigned node, const IpAddress& address) {
    for (const IpPrefix& block : blocks_of(node))
        if (block.contains(address)) return true;
    return false;
}

/// Whatever arrived: only packets from the sender's addresses for our own are handed over, and
/// answers go back to the sender alone.
void check(const Action& action, unsigned sender) {
    if (const Deliver* delivered = std::get_if<Deliver>(&action)) {
        const auto packet = IpPacket::parse(delivered->packet.bytes());
        FLATLAN_CHECK(packet && packet->size_bytes() == delivered->packet.size_bytes());
        FLATLAN_CHECK(owns(sender, packet->source()) && owns(1, packet->destination()));
    }
    if (const Transmit* sent = std::get_if<Transmit>(&action))
        FLATLAN_CHECK(sent->to == endpoint_of(sender));
}

}  // namespace

/// The first octet chooses the sending node, the second the outer traffic class; the rest arrives
/// at node 1.
void fuzz(std::span<const std::byte> input) {
    if (input.size() < 2 || input.size() > kPacketBytesMax) return;
    const unsigned sender = 2 + std::to_integer<unsigned>(input[0]) % 3;  // node 4 is unknown
    EngineNode node{1, HopLimitRule::decrement, kPacketBytesMax};
    node.know(1, 1, 3);
    const auto traffic_class = TrafficClass::from_octet(std::to_integer<std::uint8_t>(input[1]));
    {
        const ActionBatch batch = node.from_underlay({input.begin() + 2, input.end()},
                                                     endpoint_of(sender), traffic_class);
        FLATLAN_CHECK(batch.size() == 1);
        check(batch[0], sender);
    }
    FLATLAN_CHECK(node.engine.counters().packets() == 1);
    FLATLAN_CHECK(node.pool.available() == EngineNode::kBuffers);
}

}  // namespace flatlan::tunnel
