#pragma once

#include <string_view>

/// Packets that the Linux kernel made: captured with tcpdump on the underlay between two network
/// namespaces joined by a VXLAN device each (made with `ip link`, VNI 42, checksum offload off)
/// while `ping`, `ping -M do`, `ping -t 1` and a bare UDP and TCP client ran. tshark found every
/// checksum good. All but the first are inner Ethernet frames: the 50 octets in front were cut off.
namespace flatlan::tunnel::captured {

/// An echo request on the underlay: Ethernet, IPv4, UDP, VXLAN of VNI 42, and kEchoRequest.
inline constexpr std::string_view kVxlanEchoRequest =
    "02 aa 00 00 00 02 02 aa 00 00 00 01 08 00 45 00 00 86 6d 2c 00 00 40 11 "
    "b4 f9 ac 1f 00 01 ac 1f 00 02 82 eb 12 b5 00 72 d1 ae 08 00 00 00 00 00 "
    "2a 00 02 bb 00 00 00 02 02 bb 00 00 00 01 08 00 45 00 00 54 e0 8e 40 00 "
    "40 01 44 30 0a f4 00 01 0a f4 00 02 08 00 f0 67 49 55 00 01 f6 cd 04 6b "
    "00 00 00 00 02 36 02 00 00 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b "
    "1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 "
    "34 35 36 37";
inline constexpr std::string_view kArpRequest =
    "ff ff ff ff ff ff 02 bb 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 bb "
    "00 00 00 01 0a f4 00 01 00 00 00 00 00 00 0a f4 00 02";
inline constexpr std::string_view kArpReply =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 08 06 00 01 08 00 06 04 00 02 02 bb "
    "00 00 00 02 0a f4 00 02 02 bb 00 00 00 01 0a f4 00 01";
inline constexpr std::string_view kEchoRequest =
    "02 bb 00 00 00 02 02 bb 00 00 00 01 08 00 45 00 00 54 e0 8e 40 00 40 01 "
    "44 30 0a f4 00 01 0a f4 00 02 08 00 f0 67 49 55 00 01 f6 cd 04 6b 00 00 "
    "00 00 02 36 02 00 00 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d "
    "1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 "
    "36 37";
inline constexpr std::string_view kNeighbourSolicitation =
    "33 33 ff 00 00 02 02 bb 00 00 00 01 86 dd 60 00 00 00 00 20 3a ff fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 00 00 00 00 "
    "00 01 ff 00 00 02 87 00 78 34 00 00 00 00 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 02 01 01 02 bb 00 00 00 01";
inline constexpr std::string_view kNeighbourAdvertisement =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 86 dd 60 00 00 00 00 20 3a ff fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 02 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 01 88 00 14 e3 60 00 00 00 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 02 02 01 02 bb 00 00 00 02";
inline constexpr std::string_view kEcho6Request =
    "02 bb 00 00 00 02 02 bb 00 00 00 01 86 dd 60 01 c6 af 00 40 3a 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 02 80 00 c8 36 49 56 00 01 f6 cd 04 6b 00 00 00 00 b3 3e "
    "02 00 00 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 "
    "22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37";
inline constexpr std::string_view kUdp =
    "02 bb 00 00 00 02 02 bb 00 00 00 01 08 00 45 00 00 1f b3 3c 40 00 40 11 "
    "71 a7 0a f4 00 01 0a f4 00 02 89 1c 00 09 00 0b ee 5e 68 69 0a";
inline constexpr std::string_view kUdp6 =
    "02 bb 00 00 00 02 02 bb 00 00 00 01 86 dd 60 0e 8b 2b 00 0b 11 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 02 b5 4f 00 09 00 0b d9 69 68 69 0a";
inline constexpr std::string_view kTcpSyn =
    "02 bb 00 00 00 02 02 bb 00 00 00 01 08 00 45 00 00 3c 79 55 40 00 40 06 "
    "ab 7c 0a f4 00 01 0a f4 00 02 c8 60 1f 90 b3 de 33 be 00 00 00 00 a0 02 "
    "fd 5c 6a d5 00 00 02 04 05 82 04 02 08 0a 00 e3 f9 a1 00 00 00 00 01 03 "
    "03 0a";
inline constexpr std::string_view kPortUnreachable =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 08 00 45 c0 00 3b 99 3d 00 00 40 01 "
    "ca da 0a f4 00 02 0a f4 00 01 03 03 13 04 00 00 00 00 45 00 00 1f b3 3c "
    "40 00 40 11 71 a7 0a f4 00 01 0a f4 00 02 89 1c 00 09 00 0b ee 5e 68 69 "
    "0a";
/// Its quotation goes on with 503 octets that count up from 0x11: `counting_up(0x11, 503)`.
inline constexpr std::string_view kFragmentationNeeded =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 08 00 45 c0 02 40 99 95 00 00 40 01 "
    "c8 7d 0a f4 00 02 0a f4 00 01 03 04 d7 64 00 00 05 14 45 00 05 62 00 00 "
    "40 00 40 01 20 42 0a f4 00 01 0a 63 00 02 08 00 ec 41 49 83 00 01 f7 cd "
    "04 6b 00 00 00 00 89 34 09 00 00 00 00 00 10";
inline constexpr std::string_view kTimeExceeded =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 08 00 45 c0 00 70 99 96 00 00 40 01 "
    "ca 4c 0a f4 00 02 0a f4 00 01 0b 00 f4 ff 00 00 00 00 45 00 00 54 eb c5 "
    "40 00 01 01 78 8a 0a f4 00 01 0a 63 00 02 08 00 84 24 49 85 00 01 f7 cd "
    "04 6b 00 00 00 00 66 49 09 00 00 00 00 00 10 11 12 13 14 15 16 17 18 19 "
    "1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 "
    "32 33 34 35 36 37";
inline constexpr std::string_view kPortUnreachable6 =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 86 dd 60 04 06 fa 00 3b 3a 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 02 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 01 01 04 03 71 00 00 00 00 60 0e 8b 2b 00 0b 11 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 02 b5 4f 00 09 00 0b d9 69 68 69 0a";
/// Its quotation goes on with 1167 octets that count up from 0x11.
inline constexpr std::string_view kPacketTooBig =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 86 dd 60 07 34 65 04 d8 3a 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 02 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 01 02 00 29 9d 00 00 05 14 60 0a d3 73 05 4e 3a 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 fd 99 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 02 80 00 32 b8 49 84 00 01 f7 cd 04 6b 00 00 00 00 c8 42 "
    "09 00 00 00 00 00 10";
inline constexpr std::string_view kTimeExceeded6 =
    "02 bb 00 00 00 01 02 bb 00 00 00 02 86 dd 60 04 f9 f0 00 70 3a 40 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 02 fd 00 00 10 02 44 00 00 00 00 "
    "00 00 00 00 00 01 03 00 90 63 00 00 00 00 60 0a d3 73 00 40 3a 01 fd 00 "
    "00 10 02 44 00 00 00 00 00 00 00 00 00 01 fd 99 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 02 80 00 6d 93 49 86 00 01 f7 cd 04 6b 00 00 00 00 07 6d "
    "09 00 00 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 "
    "22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37";

}  // namespace flatlan::tunnel::captured
