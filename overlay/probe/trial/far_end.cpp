#include "overlay/probe/trial/far_end.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"

namespace flatlan::trial {

std::optional<Receipt> Receipt::parse(std::span<const std::byte> datagram) {
    if (datagram.size() != kSizeBytes) return std::nullopt;
    ByteReader in{datagram};
    Receipt receipt;
    std::ranges::copy(in.take(kStartBytes), receipt.start.begin());
    receipt.octets = in.u32();
    receipt.place = in.u32();
    return receipt;
}

void Receipt::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.bytes(start);
    to.u32(octets);
    to.u32(place);
}

Progress Progress::parse(std::span<const std::byte, kSizeBytes> octets) {
    ByteReader in{octets};
    const std::uint64_t arrived = in.u64();
    return Progress{arrived, in.u8() != 0};
}

void Progress::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.u64(arrived);
    to.u8(changed ? 1 : 0);
}

}  // namespace flatlan::trial
