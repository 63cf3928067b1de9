#include "tunnel/wire/neighbour_discovery.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/address_octets.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint8_t kSourceLinkLayerOption = 1;  // RFC 4861, section 4.6
constexpr std::uint8_t kTargetLinkLayerOption = 2;
constexpr std::size_t kOptionUnitBytes = 8;  // an option's length counts these
constexpr std::size_t kChecksumAt = 2;
constexpr std::uint32_t kFromRouter = 0x8000'0000;
constexpr std::uint32_t kSolicited = 0x4000'0000;
constexpr std::uint32_t kOverriding = 0x2000'0000;

/// The first link-layer address among the options, if there is one. Options of another kind, and
/// link-layer addresses that are not Ethernet's, are passed over.
Parsed<std::optional<MacAddress>> find_link_layer(std::span<const std::byte> options,
                                                  std::uint8_t wanted) {
    std::optional<MacAddress> found;
    ByteReader in{options};
    while (!in.rest().empty()) {
        const std::uint8_t type = in.u8();
        const std::size_t size_bytes = in.u8() * kOptionUnitBytes;
        if (in.truncated() || size_bytes == 0) return DropReason::bad_option;
        ByteReader body{in.take(size_bytes - 2)};
        if (in.truncated()) return DropReason::bad_option;
        if (type == wanted && size_bytes == kLinkLayerOptionSizeBytes && !found)
            found = read_mac(body);
    }
    return found;
}

/// What solicitation and advertisement have in common.
struct Message {
    std::uint8_t type = 0;
    std::uint32_t flags = 0;
    Ipv6Address target;
    std::uint8_t option_type = 0;
    std::optional<MacAddress> mac;
};

Parsed<Message> parse_message(std::span<const std::byte> message, Ipv6Address source,
                              Ipv6Address destination, std::uint8_t type,
                              std::uint8_t option_type) {
    ByteReader in{message};
    Message parsed;
    parsed.type = in.u8();
    const std::uint8_t code = in.u8();
    in.u16();  // the checksum, which is summed up with the rest
    parsed.flags = in.u32();
    parsed.target = read_ipv6(in);
    if (in.truncated()) return DropReason::truncated;
    InternetChecksum sum = pseudo_header(source, destination, IpProtocol::icmpv6, message.size());
    sum.add(message);
    if (!sum.holds()) return DropReason::bad_checksum;
    if (parsed.type != type || code != 0) return DropReason::unknown_message;
    if (parsed.target.is_multicast()) return DropReason::bad_option;

    const auto mac = find_link_layer(in.rest(), option_type);
    if (!mac) return mac.reason();
    parsed.mac = *mac;
    return parsed;
}

std::size_t message_size_bytes(const std::optional<MacAddress>& mac) {
    return kNeighbourMessageSizeBytes + (mac ? kLinkLayerOptionSizeBytes : 0);
}

void write_message(const Message& from, std::span<std::byte> message, Ipv6Address source,
                   Ipv6Address destination) {
    FLATLAN_CHECK(message.size() == message_size_bytes(from.mac));
    ByteWriter to{message};
    to.u8(from.type);
    to.u8(0);
    to.u16(0);
    to.u32(from.flags);
    to.bytes(from.target.octets());
    if (from.mac) {
        to.u8(from.option_type);
        to.u8(kLinkLayerOptionSizeBytes / kOptionUnitBytes);
        to.bytes(from.mac->octets());
    }
    InternetChecksum sum = pseudo_header(source, destination, IpProtocol::icmpv6, message.size());
    sum.add(message);
    ByteWriter{message.subspan(kChecksumAt)}.u16(sum.value());
}

}  // namespace

Parsed<NeighbourSolicitation> NeighbourSolicitation::parse(std::span<const std::byte> message,
                                                           Ipv6Address source,
                                                           Ipv6Address destination) {
    const auto parsed = parse_message(message, source, destination, kNeighbourSolicitationType,
                                      kSourceLinkLayerOption);
    if (!parsed) return parsed.reason();
    return NeighbourSolicitation{parsed->target, parsed->mac};
}

std::size_t NeighbourSolicitation::size_bytes() const { return message_size_bytes(source_mac); }

void NeighbourSolicitation::write(std::span<std::byte> message, Ipv6Address source,
                                  Ipv6Address destination) const {
    write_message({kNeighbourSolicitationType, 0, target, kSourceLinkLayerOption, source_mac},
                  message, source, destination);
}

Parsed<NeighbourAdvertisement> NeighbourAdvertisement::parse(std::span<const std::byte> message,
                                                             Ipv6Address source,
                                                             Ipv6Address destination) {
    const auto parsed = parse_message(message, source, destination, kNeighbourAdvertisementType,
                                      kTargetLinkLayerOption);
    if (!parsed) return parsed.reason();
    NeighbourAdvertisement advertisement{.target = parsed->target, .target_mac = parsed->mac};
    advertisement.from_router = (parsed->flags & kFromRouter) != 0;
    advertisement.solicited = (parsed->flags & kSolicited) != 0;
    advertisement.overriding = (parsed->flags & kOverriding) != 0;
    return advertisement;
}

std::size_t NeighbourAdvertisement::size_bytes() const { return message_size_bytes(target_mac); }

void NeighbourAdvertisement::write(std::span<std::byte> message, Ipv6Address source,
                                   Ipv6Address destination) const {
    const std::uint32_t flags = (from_router ? kFromRouter : 0) | (solicited ? kSolicited : 0) |
                                (overriding ? kOverriding : 0);
    write_message({kNeighbourAdvertisementType, flags, target, kTargetLinkLayerOption, target_mac},
                  message, source, destination);
}

std::string to_string(const NeighbourSolicitation& message) {
    return "who has " + to_string(message.target) + ", asks " +
           (message.source_mac ? to_string(*message.source_mac) : "nobody yet");
}

std::string to_string(const NeighbourAdvertisement& message) {
    return to_string(message.target) + " is at " +
           (message.target_mac ? to_string(*message.target_mac) : "the sender's address");
}

}  // namespace flatlan::tunnel
