#include "tunnel/wire/icmp.hpp"

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/overloaded.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint8_t kEchoReply = 0;
constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kEchoRequest = 8;
constexpr std::uint8_t kTimeExceeded = 11;
constexpr std::uint8_t kFragmentationNeededCode = 4;
constexpr std::size_t kChecksumAt = 2;

/// The eight octets without the checksum.
struct Fields {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint16_t high = 0;
    std::uint16_t low = 0;
};

Fields fields_of(const IcmpMessage& message) {
    return std::visit(
        Overloaded{
            [](const IcmpEcho& echo) {
                const bool request = echo.direction == IcmpEcho::Direction::request;
                return Fields{request ? kEchoRequest : kEchoReply, 0, echo.identifier,
                              echo.sequence};
            },
            [](const IcmpUnreachable& body) {
                return Fields{kUnreachable, body.code, 0, 0};
            },
            [](const IcmpFragmentationNeeded& body) {
                return Fields{kUnreachable, kFragmentationNeededCode, 0, body.next_hop_mtu_bytes};
            },
            [](const IcmpTimeExceeded& body) {
                return Fields{kTimeExceeded, body.code, 0, 0};
            },
        },
        message.body);
}

Parsed<IcmpMessage> message_of(const Fields& fields) {
    switch (fields.type) {
        case kEchoRequest:
            return IcmpMessage{IcmpEcho{IcmpEcho::Direction::request, fields.high, fields.low}};
        case kEchoReply:
            return IcmpMessage{IcmpEcho{IcmpEcho::Direction::reply, fields.high, fields.low}};
        case kUnreachable:
            if (fields.code == kFragmentationNeededCode)
                return IcmpMessage{IcmpFragmentationNeeded{fields.low}};
            return IcmpMessage{IcmpUnreachable{fields.code}};
        case kTimeExceeded:
            return IcmpMessage{IcmpTimeExceeded{fields.code}};
        default:
            return DropReason::unknown_message;
    }
}

}  // namespace

Parsed<IcmpMessage> IcmpMessage::parse(std::span<const std::byte> message) {
    ByteReader in{message};
    Fields fields;
    fields.type = in.u8();
    fields.code = in.u8();
    in.u16();  // the checksum, which is summed up with the rest
    fields.high = in.u16();
    fields.low = in.u16();
    if (in.truncated()) return DropReason::truncated;
    if (internet_checksum(message) != 0) return DropReason::bad_checksum;
    return message_of(fields);
}

void IcmpMessage::write(std::span<std::byte> message) const {
    const Fields fields = fields_of(*this);
    ByteWriter to{message};
    to.u8(fields.type);
    to.u8(fields.code);
    to.u16(0);
    to.u16(fields.high);
    to.u16(fields.low);
    ByteWriter{message.subspan(kChecksumAt)}.u16(internet_checksum(message));
}

std::string to_string(const IcmpEcho& echo) {
    return std::string{"echo "} +
           (echo.direction == IcmpEcho::Direction::request ? "request " : "reply ") +
           std::to_string(echo.identifier) + "." + std::to_string(echo.sequence);
}

std::string to_string(const IcmpMessage& message) {
    return std::visit(Overloaded{
                          [](const IcmpEcho& echo) { return to_string(echo); },
                          [](const IcmpUnreachable& body) {
                              return "destination unreachable, code " + std::to_string(body.code);
                          },
                          [](const IcmpFragmentationNeeded& body) {
                              return "fragmentation needed, MTU " +
                                     std::to_string(body.next_hop_mtu_bytes);
                          },
                          [](const IcmpTimeExceeded& body) {
                              return "time exceeded, code " + std::to_string(body.code);
                          },
                      },
                      message.body);
}

}  // namespace flatlan::tunnel
