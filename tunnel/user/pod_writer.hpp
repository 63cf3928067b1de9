#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "tunnel/engine/engine.hpp"
#include "tunnel/user/packet_device.hpp"
#include "tunnel/user/train.hpp"

namespace flatlan::tunnel {

/// Hands packets to the pods' side, those of one flow that follow each other as one large packet
/// (Train). Payload is not copied before the kernel does it, so a packet has to stay where it is
/// until `flush`.
///
/// Each packet counts with the engine as received or, where the kernel did not take it, as dropped.
/// When the kernel refuses large packets of a kind, they are not made any more.
class PodWriter {
public:
    PodWriter(PacketDevice& device, Engine& engine, OverlayMtu mtu)
        : device_{device}, engine_{engine}, mtu_{mtu}, train_{kinds_, mtu.value()} {}

    /// `segment_bytes` as for Train::start.
    void add(const Admission& admission, PeerId from, std::size_t segment_bytes);
    /// A packet that the engine has counted; nothing of it is kept.
    void add(const Deliver& deliver);
    /// Hands over what was collected. Nothing is kept afterwards.
    void flush();

    void set_mtu(OverlayMtu mtu);
    Train::Kinds kinds() const { return kinds_; }

private:
    /// Of smaller payload a copy is made, since a piece of its own costs the kernel more.
    static constexpr std::size_t kCopiedBytesMax = 256;
    static constexpr std::size_t kScratchBytes = Train::kPacketsMax * kCopiedBytesMax;

    std::size_t gather();
    void send_singly();
    int send_whole(std::span<const std::byte> packet, const PacketOffload& offload,
                   std::size_t header_bytes);
    void count(std::size_t packets, std::size_t octets, bool received);

    PacketDevice& device_;
    Engine& engine_;
    OverlayMtu mtu_;
    Train::Kinds kinds_{};
    Train train_;
    PeerId from_{};
    std::array<iovec, Train::kPacketsMax + 2> pieces_;
    std::array<std::byte, kScratchBytes> scratch_;
};

}  // namespace flatlan::tunnel
