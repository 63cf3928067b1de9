#include "tunnel/wire/icmpv6.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/overloaded.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint8_t kUnreachable = 1;
constexpr std::uint8_t kPacketTooBig = 2;
constexpr std::uint8_t kTimeExceeded = 3;
constexpr std::uint8_t kEchoRequest = 128;
constexpr std::uint8_t kEchoReply = 129;
constexpr std::size_t kChecksumAt = 2;

/// The eight octets without the checksum.
struct Fields {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint32_t word = 0;
};

std::uint32_t word_of(const IcmpEcho& echo) {
    return std::uint32_t{echo.identifier} << 16U | echo.sequence;
}

IcmpEcho echo_of(IcmpEcho::Direction direction, std::uint32_t word) {
    return {direction, static_cast<std::uint16_t>(word >> 16U), static_cast<std::uint16_t>(word)};
}

Fields fields_of(const Icmpv6Message& message) {
    return std::visit(Overloaded{
                          [](const IcmpEcho& echo) {
                              const bool request = echo.direction == IcmpEcho::Direction::request;
                              return Fields{request ? kEchoRequest : kEchoReply, 0, word_of(echo)};
                          },
                          [](const Icmpv6Unreachable& body) {
                              return Fields{kUnreachable, body.code, 0};
                          },
                          [](const Icmpv6PacketTooBig& body) {
                              return Fields{kPacketTooBig, 0, body.mtu_bytes};
                          },
                          [](const Icmpv6TimeExceeded& body) {
                              return Fields{kTimeExceeded, body.code, 0};
                          },
                      },
                      message.body);
}

Parsed<Icmpv6Message> message_of(const Fields& fields) {
    switch (fields.type) {
        case kEchoRequest:
            return Icmpv6Message{echo_of(IcmpEcho::Direction::request, fields.word)};
        case kEchoReply:
            return Icmpv6Message{echo_of(IcmpEcho::Direction::reply, fields.word)};
        case kUnreachable:
            return Icmpv6Message{Icmpv6Unreachable{fields.code}};
        case kPacketTooBig:
            return Icmpv6Message{Icmpv6PacketTooBig{fields.word}};
        case kTimeExceeded:
            return Icmpv6Message{Icmpv6TimeExceeded{fields.code}};
        default:
            return DropReason::unknown_message;
    }
}

}  // namespace

Parsed<Icmpv6Message> Icmpv6Message::parse(std::span<const std::byte> message, Ipv6Address source,
                                           Ipv6Address destination) {
    ByteReader in{message};
    Fields fields;
    fields.type = in.u8();
    fields.code = in.u8();
    in.u16();  // the checksum, which is summed up with the rest
    fields.word = in.u32();
    if (in.truncated()) return DropReason::truncated;
    InternetChecksum sum = pseudo_header(source, destination, IpProtocol::icmpv6, message.size());
    sum.add(message);
    if (!sum.holds()) return DropReason::bad_checksum;
    return message_of(fields);
}

void Icmpv6Message::write(std::span<std::byte> message, Ipv6Address source,
                          Ipv6Address destination) const {
    const Fields fields = fields_of(*this);
    ByteWriter to{message};
    to.u8(fields.type);
    to.u8(fields.code);
    to.u16(0);
    to.u32(fields.word);
    InternetChecksum sum = pseudo_header(source, destination, IpProtocol::icmpv6, message.size());
    sum.add(message);
    ByteWriter{message.subspan(kChecksumAt)}.u16(sum.value());
}

std::string to_string(const Icmpv6Message& message) {
    return std::visit(Overloaded{
                          [](const IcmpEcho& echo) { return to_string(echo); },
                          [](const Icmpv6Unreachable& body) {
                              return "destination unreachable, code " + std::to_string(body.code);
                          },
                          [](const Icmpv6PacketTooBig& body) {
                              return "packet too big, MTU " + std::to_string(body.mtu_bytes);
                          },
                          [](const Icmpv6TimeExceeded& body) {
                              return "time exceeded, code " + std::to_string(body.code);
                          },
                      },
                      message.body);
}

}  // namespace flatlan::tunnel
