#include "tunnel/wire/flow_hash.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint32_t kOuterSourcePorts = 65536 - kOuterSourcePortMin;

/// Source and destination port in one number; 0 where there are none.
std::uint32_t ports_of(IpProtocol protocol, std::span<const std::byte> upper) {
    if (protocol != IpProtocol::tcp && protocol != IpProtocol::udp) return 0;
    return ByteReader{upper}.u32();
}

/// Lets every bit of the input reach every bit of the output (the last step of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    value = (value ^ (value >> 27U)) * 0x94d0'49bb'1331'11eb;
    return value ^ (value >> 31U);
}

std::uint64_t join_upper(std::uint64_t seed, IpProtocol protocol, std::uint32_t ports) {
    return mixed(seed ^ mixed(std::uint64_t{ports} << 8U | static_cast<std::uint8_t>(protocol)));
}

}  // namespace

std::uint64_t flow_hash(const Ipv4Header& header, std::span<const std::byte> packet) {
    const std::uint64_t addresses =
        std::uint64_t{header.source.value()} << 32U | header.destination.value();
    const std::uint32_t ports =
        header.is_fragment() ? 0 : ports_of(header.protocol, header.payload(packet));
    return join_upper(mixed(addresses), header.protocol, ports);
}

std::uint64_t flow_hash(const Ipv6Header& header, std::span<const std::byte> packet) {
    const std::uint64_t source = mixed(header.source.high() ^ mixed(header.source.low()));
    const std::uint64_t destination =
        mixed(header.destination.high() ^ mixed(header.destination.low()));
    const std::uint64_t addresses = mixed(source ^ mixed(destination));
    const auto upper = find_ipv6_upper(header, packet);
    if (!upper) return addresses;
    const std::uint32_t ports =
        upper->fragment ? 0 : ports_of(upper->protocol, packet.subspan(upper->offset_bytes));
    return join_upper(addresses, upper->protocol, ports);
}

Port outer_source_port(std::uint64_t flow_hash) {
    return Port{static_cast<std::uint16_t>(kOuterSourcePortMin + flow_hash % kOuterSourcePorts)};
}

}  // namespace flatlan::tunnel
