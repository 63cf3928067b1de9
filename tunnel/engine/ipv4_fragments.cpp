#include "tunnel/engine/ipv4_fragments.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kUnitBytes = 8;  // a fragment's offset counts these
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::byte kOptionEnd{0};
constexpr std::byte kOptionNothing{1};
constexpr std::byte kOptionCopied{0x80};

/// Overwrites, with options that do nothing, those that belong into the first fragment alone (RFC
/// 791, section 3.1: the copied flag). From an option that cannot be read on, everything goes.
void blank_uncopied_options(std::span<std::byte> options) {
    std::size_t at = 0;
    while (at < options.size() && options[at] != kOptionEnd) {
        if (options[at] == kOptionNothing) {
            ++at;
            continue;
        }
        const std::size_t left = options.size() - at;
        const std::size_t size = left < 2 ? 0 : std::to_integer<std::size_t>(options[at + 1]);
        const bool readable = size >= 2 && size <= left;
        const auto option = options.subspan(at, readable ? size : left);
        if (!readable || (option[0] & kOptionCopied) == std::byte{0})
            std::fill(option.begin(), option.end(), kOptionNothing);
        at += option.size();
    }
}

/// Makes the header at the start of a fragment say what this fragment is.
void finish_header(std::span<std::byte> fragment, std::size_t header_size_bytes,
                   std::size_t offset_bytes, bool more) {
    const auto header = fragment.first(header_size_bytes);
    ByteWriter{header.subspan(2)}.u16(static_cast<std::uint16_t>(fragment.size()));
    ByteWriter{header.subspan(Ipv4Header::kFragmentAt)}.u16(
        static_cast<std::uint16_t>(offset_bytes / kUnitBytes | (more ? kMoreFragments : 0)));
    ByteWriter{header.subspan(Ipv4Header::kChecksumAt)}.u16(0);
    ByteWriter{header.subspan(Ipv4Header::kChecksumAt)}.u16(internet_checksum(header));
}

}  // namespace

std::optional<DropReason> fragment_ipv4(PacketBuffer packet, const Ipv4Header& header,
                                        OverlayMtu mtu, PacketPool& pool, Fragments& fragments) {
    FLATLAN_CHECK(!header.dont_fragment && packet.size_bytes() == header.total_size_bytes);
    const std::size_t header_size = header.header_size_bytes;
    const std::size_t step = (mtu.value() - header_size) / kUnitBytes * kUnitBytes;
    const std::size_t payload_size = packet.size_bytes() - header_size;
    if ((payload_size + step - 1) / step > kFragmentsMax) return DropReason::too_many_fragments;

    for (std::size_t at = 0; at < payload_size; at += step) {
        const std::size_t count = std::min(step, payload_size - at);
        auto fragment = pool.take_copy(packet.head_room_bytes(), packet.bytes().first(header_size));
        if (!fragment || fragment->tail_room_bytes() < count) {
            fragments.clear();
            return DropReason::no_buffer;
        }
        const auto piece = packet.bytes().subspan(header_size + at, count);
        std::copy(piece.begin(), piece.end(), fragment->append(count).begin());
        if (at != 0)
            blank_uncopied_options(
                fragment->bytes().first(header_size).subspan(Ipv4Header::kSizeBytes));
        const bool last = at + count == payload_size;
        finish_header(fragment->bytes(), header_size, header.fragment_offset_bytes + at,
                      !last || header.more_fragments);
        fragments.push_back(std::move(*fragment));
    }
    return std::nullopt;
}

}  // namespace flatlan::tunnel
