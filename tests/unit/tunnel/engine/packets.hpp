#pragma once

#include <string_view>

#include "overlay/base/ip_prefix.hpp"
#include "tests/unit/tunnel/wire/octets.hpp"
#include "tunnel/wire/checksum.hpp"
#include "tunnel/wire/ipv4.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/udp.hpp"

/// IP packets for tests of the engine.
namespace flatlan::tunnel {

inline IpPrefix prefix(std::string_view text) { return IpPrefix::from_text(text).value(); }
inline IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }

/// A UDP packet and what a test may want to be different about it.
struct UdpPacket {
    IpAddress source = Ipv4Address{};
    IpAddress destination = Ipv4Address{};
    std::size_t payload_bytes = 32;
    std::uint16_t source_port = 40000;
    std::uint8_t hop_limit = 64;
    TrafficClass traffic_class{};
    bool dont_fragment = true;
    std::uint16_t identification = 0;

    Octets build() const {
        const Octets payload = counting_up(1, payload_bytes);
        const auto udp_bytes = static_cast<std::uint16_t>(UdpHeader::kSizeBytes + payload_bytes);
        return source.is_ipv4() ? ipv4_header(udp_bytes) + udp(payload, udp_bytes)
                                : ipv6_header(udp_bytes) + udp(payload, udp_bytes);
    }

private:
    Octets ipv4_header(std::uint16_t payload) const {
        Octets out(Ipv4Header::kSizeBytes);
        Ipv4Header{.traffic_class = traffic_class,
                   .total_size_bytes = static_cast<std::uint16_t>(out.size() + payload),
                   .identification = identification,
                   .dont_fragment = dont_fragment,
                   .ttl = hop_limit,
                   .protocol = IpProtocol::udp,
                   .source = source.ipv4(),
                   .destination = destination.ipv4()}
            .write(std::span{out}.first<Ipv4Header::kSizeBytes>());
        return out;
    }

    Octets ipv6_header(std::uint16_t payload) const {
        Octets out(Ipv6Header::kSizeBytes);
        Ipv6Header{.traffic_class = traffic_class,
                   .flow_label = 0x12345,
                   .payload_size_bytes = payload,
                   .next_header = IpProtocol::udp,
                   .hop_limit = hop_limit,
                   .source = source.ipv6(),
                   .destination = destination.ipv6()}
            .write(std::span{out}.first<Ipv6Header::kSizeBytes>());
        return out;
    }

    Octets udp(const Octets& payload, std::uint16_t udp_bytes) const {
        Octets out(UdpHeader::kSizeBytes);
        UdpHeader header{Port{source_port}, Port{53}, udp_bytes, 0};
        header.write(std::span{out}.first<UdpHeader::kSizeBytes>());
        InternetChecksum sum =
            source.is_ipv4()
                ? pseudo_header(source.ipv4(), destination.ipv4(), IpProtocol::udp, udp_bytes)
                : pseudo_header(source.ipv6(), destination.ipv6(), IpProtocol::udp, udp_bytes);
        sum.add(out);
        sum.add(payload);
        header.checksum = udp_checksum(sum);
        header.write(std::span{out}.first<UdpHeader::kSizeBytes>());
        return out + payload;
    }
};

}  // namespace flatlan::tunnel
