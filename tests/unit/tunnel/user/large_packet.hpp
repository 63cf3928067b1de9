#pragma once

#include "overlay/base/bytes.hpp"
#include "tests/unit/tunnel/engine/packets.hpp"
#include "tunnel/user/packet_offload.hpp"
#include "tunnel/wire/tcp.hpp"

/// Large packets as the kernel hands them over: neither cut nor summed up.
namespace flatlan::tunnel {

/// What a test may want to be different about one.
struct LargePacket {
    IpFamily family = IpFamily::ipv4;
    IpProtocol protocol = IpProtocol::tcp;
    std::size_t payload_bytes = 5000;
    std::uint16_t segment_bytes = 1398;
    std::uint8_t flags = TcpFlags::kAck;
    std::uint32_t sequence = 0xffff'f000;  // so that it runs over
    std::uint16_t identification = 0xfffe;
    std::size_t tcp_options_bytes = 12;
    std::uint8_t first_octet = 1;

    std::size_t ip_bytes() const {
        return family == IpFamily::ipv4 ? Ipv4Header::kSizeBytes : Ipv6Header::kSizeBytes;
    }
    std::size_t upper_bytes() const {
        return protocol == IpProtocol::tcp ? TcpHeader::kSizeBytes + tcp_options_bytes
                                           : UdpHeader::kSizeBytes;
    }
    std::size_t header_bytes() const { return ip_bytes() + upper_bytes(); }
    std::size_t checksum_at() const {
        return protocol == IpProtocol::tcp ? TcpHeader::kChecksumAt : UdpHeader::kChecksumAt;
    }
    InternetChecksum pseudo(std::size_t upper_and_payload) const {
        return family == IpFamily::ipv4
                   ? pseudo_header(v4("10.244.1.9"), v4("10.244.2.9"), protocol, upper_and_payload)
                   : pseudo_header(v6("fd00::9"), v6("fd01::9"), protocol, upper_and_payload);
    }

    /// The checksum field holds the sum of the pseudo header.
    Octets build() const {
        const std::size_t rest = upper_bytes() + payload_bytes;
        Octets upper = upper_header(rest);
        const auto sum = static_cast<std::uint16_t>(~pseudo(rest).value());
        ByteWriter{std::span{upper}.subspan(checksum_at())}.u16(sum);
        return ip_header(rest) + upper + counting_up(first_octet, payload_bytes);
    }
    /// The same with its checksum, as it stands on the wire.
    Octets build_whole() const {
        Octets packet = build();
        const auto upper = std::span{packet}.subspan(ip_bytes());
        ByteWriter{upper.subspan(checksum_at())}.u16(0);
        InternetChecksum sum = pseudo(upper.size());
        sum.add(upper);
        ByteWriter{upper.subspan(checksum_at())}.u16(protocol == IpProtocol::udp ? udp_checksum(sum)
                                                                                 : sum.value());
        return packet;
    }

    PacketOffload offload() const {
        using Cut = PacketOffload::Cut;
        const Cut tcp = family == IpFamily::ipv4 ? Cut::tcp4 : Cut::tcp6;
        return {.cut = protocol == IpProtocol::tcp ? tcp : Cut::udp,
                .segment_bytes = segment_bytes,
                .checksum_missing = true,
                .checksum_start = static_cast<std::uint16_t>(ip_bytes()),
                .checksum_offset = static_cast<std::uint16_t>(checksum_at())};
    }

private:
    Octets ip_header(std::size_t payload) const {
        Octets out(ip_bytes());
        if (family == IpFamily::ipv4)
            Ipv4Header{.total_size_bytes = static_cast<std::uint16_t>(out.size() + payload),
                       .identification = identification,
                       .dont_fragment = true,
                       .ttl = 64,
                       .protocol = protocol,
                       .source = v4("10.244.1.9"),
                       .destination = v4("10.244.2.9")}
                .write(std::span{out}.first<Ipv4Header::kSizeBytes>());
        else
            Ipv6Header{.traffic_class = {},
                       .flow_label = 0x12345,
                       .payload_size_bytes = static_cast<std::uint16_t>(payload),
                       .next_header = protocol,
                       .hop_limit = 64,
                       .source = v6("fd00::9"),
                       .destination = v6("fd01::9")}
                .write(std::span{out}.first<Ipv6Header::kSizeBytes>());
        return out;
    }

    Octets upper_header(std::size_t size) const {
        Octets out(upper_bytes());
        if (protocol == IpProtocol::udp) {
            UdpHeader{Port{40000}, Port{53}, static_cast<std::uint16_t>(size), 0}.write(
                std::span{out}.first<UdpHeader::kSizeBytes>());
            return out;
        }
        TcpHeader tcp{.source = Port{40000},
                      .destination = Port{80},
                      .sequence = sequence,
                      .acknowledgment = 77,
                      .flags = {flags},
                      .window = 501,
                      .options_size_bytes = static_cast<std::uint8_t>(tcp_options_bytes)};
        const Octets options = counting_up(2, tcp_options_bytes);
        std::copy(options.begin(), options.end(), tcp.options.begin());
        tcp.write(out);
        return out;
    }
};

}  // namespace flatlan::tunnel
