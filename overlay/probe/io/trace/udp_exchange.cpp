#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "overlay/probe/io/socket_address.hpp"
#include "overlay/probe/io/sockets.hpp"
#include "overlay/probe/io/trace/exchange.hpp"
#include "overlay/probe/trace/way.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::trace {
namespace {

static_assert(tunnel::Ipv6Header::kSizeBytes + tunnel::UdpHeader::kSizeBytes +
                  TagPayload::kSizeBytes <=
              kLargePacketMinBytes);

/// Datagrams, echoed by a socket of ours unless a service is asked for.
class UdpExchange final : public Exchange {
public:
    UdpExchange(const ExchangeSpec& spec, Trail trail, UniqueFd sender, UniqueFd receiver)
        : flow_{spec.flow},
          trail_{trail},
          sender_{std::move(sender)},
          receiver_{std::move(receiver)},
          buffer_(65536) {}

    Trail trail() const override { return trail_; }

    void send_small(Observation& seen) override {
        for (std::size_t i = 0; i < kSmallPackets; ++i) {
            if (send(static_cast<std::uint8_t>(i), TagPayload::kSizeBytes) == ECONNREFUSED)
                seen.refused = true;
            ++seen.small.sent;
        }
    }

    void send_large(Observation& seen, std::uint32_t size_bytes) override {
        if (size_bytes < kLargePacketMinBytes) return;
        const std::size_t headers = tunnel::UdpHeader::kSizeBytes +
                                    (flow_.destination.is_ipv4() ? tunnel::Ipv4Header::kSizeBytes
                                                                 : tunnel::Ipv6Header::kSizeBytes);
        if (send(kLargeNumber, size_bytes - headers) == EMSGSIZE) seen.told_too_big = true;
    }

    bool read(Observation& seen) override {
        const bool echoed = receiver_.get() < 0 || echo(seen);
        for (int packets = 0; packets < kPacketsPerTurn; ++packets) {
            const ssize_t got = ::recv(sender_.get(), buffer_.data(), buffer_.size(), 0);
            if (got < 0) {
                if (errno == ECONNREFUSED) seen.refused = true;
                if (errno != ECONNREFUSED && errno != EINTR) return echoed;
                continue;
            }
            const auto tag = tag_in(static_cast<std::size_t>(got));
            if (tag) ++(tag->number == kLargeNumber ? seen.large : seen.small).answered;
        }
        return false;
    }

    std::vector<int> descriptors() const override { return {sender_.get(), receiver_.get()}; }

private:
    static constexpr std::uint8_t kLargeNumber = 0xff;

    int send(std::uint8_t number, std::size_t payload_bytes) {
        std::vector<std::byte> payload(payload_bytes);
        TagPayload{trail_.tag, PacketKind::request, number}.write(payload);
        const probe::SocketAddress to{{flow_.destination, trail_.destination}};
        const ssize_t sent =
            ::sendto(sender_.get(), payload.data(), payload.size(), 0, to.get(), to.size());
        return sent < 0 ? errno : 0;
    }
    std::optional<TagPayload> tag_in(std::size_t size) const {
        const auto tag = TagPayload::parse(std::span{buffer_.data(), size});
        return tag && tag->tag == trail_.tag ? tag : std::nullopt;
    }
    /// Whether that was all.
    bool echo(Observation& seen) {
        for (int packets = 0; packets < kPacketsPerTurn; ++packets) {
            probe::SocketAddress from;
            socklen_t size = probe::SocketAddress::kCapacity;
            const ssize_t got =
                ::recvfrom(receiver_.get(), buffer_.data(), buffer_.size(), 0, from.get(), &size);
            if (got < 0 && errno != ECONNREFUSED) return true;
            auto tag = got < 0 ? std::nullopt : tag_in(static_cast<std::size_t>(got));
            if (!tag) continue;
            ++(tag->number == kLargeNumber ? seen.large : seen.small).arrived;
            tag->kind = PacketKind::answer;
            tag->write(std::span{buffer_.data(), static_cast<std::size_t>(got)});
            // What the receiver's kernel refuses to send shows as an answer that is missing.
            static_cast<void>(::sendto(receiver_.get(), buffer_.data(),
                                       static_cast<std::size_t>(got), 0, from.get(), size));
        }
        return false;
    }

    Flow flow_;
    Trail trail_;
    UniqueFd sender_;
    UniqueFd receiver_;  ///< none where a service is asked for, or another machine listens
    std::vector<std::byte> buffer_;
};

Result<UniqueFd> open_bound(const IpAddress& address) {
    FLATLAN_TRY(socket, probe::open_socket(address.family(), SOCK_DGRAM, IPPROTO_UDP));
    FLATLAN_TRY_VOID(probe::bind_socket(socket, address, Port::any()));
    FLATLAN_TRY_VOID(forbid_fragments(socket, address.family()));
    return std::move(socket);
}

}  // namespace

Result<std::unique_ptr<Exchange>> open_udp_exchange(const ExchangeSpec& spec) {
    Trail trail{.protocol = spec.protocol, .tag = spec.tag};
    UniqueFd receiver;
    if (spec.service || spec.to == nullptr) {
        trail.destination = spec.service.value_or(spec.far_port);
    } else {
        FLATLAN_TRY(socket, open_at(spec.to, [&] { return open_bound(spec.flow.destination); }));
        FLATLAN_TRY(end, probe::local_endpoint(socket));
        trail.destination = end.port;
        receiver = std::move(socket);
    }
    FLATLAN_TRY(sender, open_at(spec.from, [&] { return open_bound(spec.flow.source); }));
    // Only a connected socket hears that nobody listens (udp(7)).
    const probe::SocketAddress to{{spec.flow.destination, trail.destination}};
    if (spec.service) static_cast<void>(::connect(sender.get(), to.get(), to.size()));
    if (spec.from != nullptr) {
        FLATLAN_TRY(end, probe::local_endpoint(sender));
        trail.source = end.port;
    }
    std::unique_ptr<Exchange> exchange =
        std::make_unique<UdpExchange>(spec, trail, std::move(sender), std::move(receiver));
    return exchange;
}

}  // namespace flatlan::trace
