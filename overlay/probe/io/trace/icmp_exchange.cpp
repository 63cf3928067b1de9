#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "overlay/base/bytes.hpp"
#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trace/exchange.hpp"
#include "overlay/probe/trace/way.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/icmp.hpp"
#include "tunnel/wire/icmpv6.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"

namespace flatlan::trace {
namespace {

constexpr std::size_t kIcmpBytes = tunnel::IcmpMessage::kSizeBytes;
static_assert(tunnel::Ipv6Header::kSizeBytes + kIcmpBytes + TagPayload::kSizeBytes <=
              kLargePacketMinBytes);

/// Echo requests from a raw socket; raw sockets at both ends see what got through the filters.
class IcmpExchange final : public Exchange {
public:
    IcmpExchange(const ExchangeSpec& spec, UniqueFd sender, UniqueFd receiver)
        : flow_{spec.flow},
          trail_{.protocol = spec.protocol, .tag = spec.tag},
          sender_{std::move(sender)},
          receiver_{std::move(receiver)},
          buffer_(65536) {}

    Trail trail() const override { return trail_; }

    void send_small(Observation& seen) override {
        for (std::size_t i = 0; i < kSmallPackets; ++i) {
            send(static_cast<std::uint8_t>(i), kIcmpBytes + TagPayload::kSizeBytes);
            ++seen.small.sent;
        }
    }

    void send_large(Observation& seen, std::uint32_t size_bytes) override {
        if (size_bytes < kLargePacketMinBytes) return;
        const std::size_t header = flow_.destination.is_ipv4() ? tunnel::Ipv4Header::kSizeBytes
                                                               : tunnel::Ipv6Header::kSizeBytes;
        if (send(kLargeNumber, size_bytes - header) == EMSGSIZE) seen.told_too_big = true;
    }

    bool read(Observation& seen) override {
        // A pod that asks itself sees request and answer at both sockets.
        const bool requests = drain(receiver_, PacketKind::request, [&](bool large) {
            ++(large ? seen.large : seen.small).arrived;
        });
        const bool answers = drain(sender_, PacketKind::answer, [&](bool large) {
            ++(large ? seen.large : seen.small).answered;
        });
        return requests && answers;
    }

    std::vector<int> descriptors() const override { return {sender_.get(), receiver_.get()}; }

private:
    static constexpr std::uint8_t kLargeNumber = 0xff;

    /// 0, or the errno of the kernel's refusal.
    int send(std::uint8_t number, std::size_t message_bytes) {
        std::vector<std::byte> message(message_bytes);
        TagPayload{trail_.tag, PacketKind::request, number}.write(
            std::span{message}.subspan(kIcmpBytes));
        const tunnel::IcmpEcho echo{tunnel::IcmpEcho::Direction::request,
                                    static_cast<std::uint16_t>(trail_.tag), number};
        if (flow_.destination.is_ipv4())
            tunnel::IcmpMessage{echo}.write(message);
        else
            tunnel::Icmpv6Message{echo}.write(message, flow_.source.ipv6(),
                                              flow_.destination.ipv6());
        const probe::SocketAddress to{{flow_.destination, Port::any()}};
        const ssize_t sent =
            ::sendto(sender_.get(), message.data(), message.size(), 0, to.get(), to.size());
        return sent < 0 ? errno : 0;
    }

    /// A raw socket is handed what arrives before the kernel looks at the checksum
    /// (raw_local_deliver), or when a device has vouched for it.
    bool is_sound(std::span<const std::byte> message, PacketKind kind) const {
        tunnel::InternetChecksum sum;
        if (flow_.destination.is_ipv6()) {  // the pseudo-header (RFC 8200, section 8.1)
            const bool request = kind == PacketKind::request;
            sum.add((request ? flow_.source : flow_.destination).ipv6().octets());
            sum.add((request ? flow_.destination : flow_.source).ipv6().octets());
            sum.add_u32(static_cast<std::uint32_t>(message.size()));
            sum.add_u32(IPPROTO_ICMPV6);
        }
        sum.add(message);
        return sum.holds();
    }

    /// Whether that was all.
    template <typename Count>
    bool drain(const UniqueFd& socket, PacketKind kind, Count count) {
        for (int packets = 0; packets < kPacketsPerTurn; ++packets) {
            const ssize_t got = ::recv(socket.get(), buffer_.data(), buffer_.size(), 0);
            if (got < 0) return true;
            std::span<const std::byte> octets{buffer_.data(), static_cast<std::size_t>(got)};
            // A raw socket of IPv4 receives the IP header too, one of IPv6 does not.
            if (flow_.destination.is_ipv4()) {
                const auto header = tunnel::Ipv4Header::parse(octets);
                if (!header) continue;
                octets = header->payload(octets);
            }
            if (!is_sound(octets, kind)) continue;
            ByteReader in{octets};
            const std::uint8_t type = in.u8();
            if (octets.size() < kIcmpBytes) continue;
            const auto tag = TagPayload::parse(octets.subspan(kIcmpBytes));
            if (!tag || tag->tag != trail_.tag) continue;
            const bool is_request = flow_.destination.is_ipv4() ? type == 8 : type == 128;
            if (is_request == (kind == PacketKind::request)) count(tag->number == kLargeNumber);
        }
        return false;
    }

    Flow flow_;
    Trail trail_;
    UniqueFd sender_;
    UniqueFd receiver_;
    std::vector<std::byte> buffer_;
};

Result<UniqueFd> open_raw(const IpAddress& address) {
    const int protocol = address.is_ipv4() ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    FLATLAN_TRY(socket, probe::open_socket(address.family(), SOCK_RAW, protocol));
    FLATLAN_TRY_VOID(probe::bind_socket(socket, address, Port::any()));
    FLATLAN_TRY_VOID(forbid_fragments(socket, address.family()));
    return std::move(socket);
}

}  // namespace

Result<std::unique_ptr<Exchange>> open_icmp_exchange(const ExchangeSpec& spec) {
    FLATLAN_TRY(receiver, open_at(spec.to, [&] { return open_raw(spec.flow.destination); }));
    FLATLAN_TRY(sender, open_at(spec.from, [&] { return open_raw(spec.flow.source); }));
    std::unique_ptr<Exchange> exchange =
        std::make_unique<IcmpExchange>(spec, std::move(sender), std::move(receiver));
    return exchange;
}

}  // namespace flatlan::trace
