#include "overlay/probe/trace/pcapng.hpp"

#include <algorithm>

namespace flatlan::trace {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d'0d0a;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b'3c4d;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kEthernet = 1;          // LINKTYPE_ETHERNET
constexpr std::uint16_t kRawIp = 101;           // LINKTYPE_RAW
constexpr std::uint16_t kOptionName = 2;        // if_name
constexpr std::uint16_t kOptionResolution = 9;  // if_tsresol
constexpr std::uint8_t kNanoseconds = 9;        // ten to the minus nine
constexpr std::uint16_t kOptionFlags = 2;       // epb_flags
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;

/// A block under construction: its length stands at both ends, and all is padded to four octets.
class Block {
public:
    explicit Block(std::uint32_t type) {
        u32(type);
        u32(0);
    }
    void u8(std::uint8_t value) { octets_.push_back(static_cast<std::byte>(value)); }
    void u16(std::uint16_t value) {
        u8(static_cast<std::uint8_t>(value));
        u8(static_cast<std::uint8_t>(value >> 8U));
    }
    void u32(std::uint32_t value) {
        u16(static_cast<std::uint16_t>(value));
        u16(static_cast<std::uint16_t>(value >> 16U));
    }
    void padded(std::span<const std::byte> octets) {
        octets_.insert(octets_.end(), octets.begin(), octets.end());
        while (octets_.size() % 4 != 0)
            u8(0);
    }
    void option(std::uint16_t code, std::span<const std::byte> value) {
        u16(code);
        u16(static_cast<std::uint16_t>(value.size()));
        padded(value);
    }
    void end_options() { u32(0); }

    void append_to(std::vector<std::byte>& file) {
        const auto size = static_cast<std::uint32_t>(octets_.size() + 4);
        u32(size);
        for (unsigned i = 0; i < 4; ++i)
            octets_[4 + i] = static_cast<std::byte>(size >> (8 * i));
        file.insert(file.end(), octets_.begin(), octets_.end());
    }

private:
    std::vector<std::byte> octets_;
};

}  // namespace

PcapngFile::PcapngFile() {
    Block header{kSectionHeader};
    header.u32(kByteOrderMagic);
    header.u16(1);  // version 1.0
    header.u16(0);
    header.u32(0xffff'ffff);  // the section's length is not said
    header.u32(0xffff'ffff);
    header.append_to(bytes_);
}

std::uint32_t PcapngFile::number_of(const std::string& interface, LinkLayer layer) {
    const auto known = std::ranges::find(interfaces_, interface);
    const auto number = static_cast<std::uint32_t>(known - interfaces_.begin());
    if (known != interfaces_.end()) return number;
    interfaces_.push_back(interface);
    Block block{kInterface};
    block.u16(layer == LinkLayer::ethernet ? kEthernet : kRawIp);
    block.u16(0);
    block.u32(0);  // packets are not cut
    block.option(kOptionName, std::as_bytes(std::span{interface}));
    block.option(kOptionResolution, std::as_bytes(std::span{&kNanoseconds, 1}));
    block.end_options();
    block.append_to(bytes_);
    return number;
}

void PcapngFile::add(const std::string& interface, LinkLayer layer, bool outgoing,
                     Duration since_1970, std::span<const std::byte> octets) {
    Block block{kEnhancedPacket};
    block.u32(number_of(interface, layer));
    const auto time = static_cast<std::uint64_t>(since_1970.count());
    block.u32(static_cast<std::uint32_t>(time >> 32U));
    block.u32(static_cast<std::uint32_t>(time));
    block.u32(static_cast<std::uint32_t>(octets.size()));
    block.u32(static_cast<std::uint32_t>(octets.size()));
    block.padded(octets);
    block.u16(kOptionFlags);
    block.u16(4);
    block.u32(outgoing ? kOutbound : kInbound);
    block.end_options();
    block.append_to(bytes_);
}

}  // namespace flatlan::trace
