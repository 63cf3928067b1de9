#include "tunnel/user/pod_writer.hpp"

#include <cerrno>
#include <cstring>

namespace flatlan::tunnel {
namespace {

iovec piece_of(std::span<const std::byte> octets) {
    return {const_cast<std::byte*>(octets.data()), octets.size()};
}

}  // namespace

void PodWriter::set_mtu(OverlayMtu mtu) {
    flush();
    mtu_ = mtu;
    train_ = Train{kinds_, mtu_.value()};
}

void PodWriter::add(const Admission& admission, PeerId from, std::size_t segment_bytes) {
    if (!train_.empty()) {
        if (from == from_ && train_.append(admission.packet)) return;
        flush();
    }
    from_ = from;
    train_.start(admission.header, admission.packet, segment_bytes);
}

void PodWriter::add(const Deliver& deliver) {
    flush();
    const int failed = send_whole(deliver.packet.bytes(), {}, 0);
    if (failed != 0 && deliver.counted) engine_.count_not_delivered(*deliver.counted);
}

int PodWriter::send_whole(std::span<const std::byte> packet, const PacketOffload& offload,
                          std::size_t header_bytes) {
    pieces_[1] = piece_of(packet);
    return device_.send(offload, header_bytes, std::span{pieces_}.first(2));
}

void PodWriter::flush() {
    if (train_.empty()) return;
    const auto originals = train_.originals();
    if (originals.size() == 1) {
        const int failed = send_whole(originals[0], train_.offload(), train_.header_bytes());
        count(1, originals[0].size(), failed == 0);
    } else {
        const std::size_t pieces = gather();
        const int failed =
            device_.send(train_.offload(), train_.header_bytes(), std::span{pieces_}.first(pieces));
        if (failed == EINVAL) {
            send_singly();
        } else {
            std::size_t octets = 0;
            for (const auto packet : originals)
                octets += packet.size();
            count(originals.size(), octets, failed == 0);
        }
    }
    train_.clear();
}

/// Lays the train's pieces side by side and says how many there are, the device's own included.
std::size_t PodWriter::gather() {
    pieces_[1] = piece_of(train_.finish_header());
    std::size_t count = 2;
    std::size_t copied = 0;
    bool grows = false;  // the last piece is a copy, behind which the next one may stand
    for (const auto packet : train_.originals()) {
        const auto payload = packet.subspan(train_.header_bytes());
        if (payload.size() > kCopiedBytesMax) {
            pieces_[count++] = piece_of(payload);
            grows = false;
            continue;
        }
        std::memcpy(scratch_.data() + copied, payload.data(), payload.size());
        if (grows)
            pieces_[count - 1].iov_len += payload.size();
        else
            pieces_[count++] = {scratch_.data() + copied, payload.size()};
        copied += payload.size();
        grows = true;
    }
    return count;
}

void PodWriter::send_singly() {
    if (train_.offload().cut == PacketOffload::Cut::udp)
        kinds_.udp = false;
    else
        kinds_.tcp = false;
    for (const auto packet : train_.originals())
        count(1, packet.size(), send_whole(packet, {}, 0) == 0);
    train_ = Train{kinds_, mtu_.value()};
}

void PodWriter::count(std::size_t packets, std::size_t octets, bool received) {
    if (received)
        engine_.count_received(from_, packets, octets);
    else
        engine_.count_dropped(from_, DropReason::not_delivered, packets);
}

}  // namespace flatlan::tunnel
