#include "tunnel/wire/vxlan.hpp"

#include "overlay/base/bytes.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint32_t kVniPresent = 0x0800'0000;  // the "I" flag
constexpr unsigned kVniShiftBits = 8;

}  // namespace

Parsed<VxlanHeader> VxlanHeader::parse(std::span<const std::byte> datagram) {
    ByteReader in{datagram};
    const std::uint32_t flags = in.u32();
    const std::uint32_t vni_word = in.u32();
    if (in.truncated()) return DropReason::truncated;
    if ((flags & kVniPresent) == 0) return DropReason::vxlan_without_vni;
    return VxlanHeader{Vni{vni_word >> kVniShiftBits}};
}

void VxlanHeader::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.u32(kVniPresent);
    to.u32(vni.value() << kVniShiftBits);
}

std::string to_string(const VxlanHeader& header) {
    return "VNI " + std::to_string(header.vni.value());
}

}  // namespace flatlan::tunnel
