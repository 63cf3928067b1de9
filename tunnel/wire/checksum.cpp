#include "tunnel/wire/checksum.hpp"

#include <algorithm>
#include <cstring>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kPieceBytes = 4096;  // an even number

std::uint64_t load(const std::byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Sums the octets as 32-bit words in the machine's order, the two halves of each 64-bit word
/// apart: without carries no addition waits for another one, and the compiler adds many at once.
/// Neither sum runs over before 32 GiB.
[[gnu::always_inline]] inline std::uint64_t sum_words(std::span<const std::byte> octets) {
    constexpr std::uint64_t kLowHalf = 0xffff'ffff;
    const std::size_t words_end = octets.size() / sizeof(std::uint64_t) * sizeof(std::uint64_t);
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (std::size_t at = 0; at < words_end; at += sizeof(std::uint64_t)) {
        const std::uint64_t word = load(octets.data() + at);
        low += word & kLowHalf;
        high += word >> 32U;
    }
    if (const auto rest = octets.subspan(words_end); !rest.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, rest.data(), rest.size());
        low += word & kLowHalf;
        high += word >> 32U;
    }
    return low + high;
}

#if defined(__x86_64__) && defined(__GNUC__)
/// The same with registers of 32 octets, which not every processor has.
[[gnu::target("avx2")]] std::uint64_t sum_words_wide(std::span<const std::byte> octets) {
    return sum_words(octets);
}

std::uint64_t sum_best(std::span<const std::byte> octets) {
    static const bool wide = __builtin_cpu_supports("avx2");
    return wide ? sum_words_wide(octets) : sum_words(octets);
}
#else
std::uint64_t sum_best(std::span<const std::byte> octets) { return sum_words(octets); }
#endif

}  // namespace

void InternetChecksum::add_run(std::uint64_t run_sum, std::size_t size_bytes) {
    add_folded(fold(run_sum));
    if (size_bytes % 2 != 0) odd_ = !odd_;
}

void InternetChecksum::add(std::span<const std::byte> octets) {
    add_run(sum_best(octets), octets.size());
}

void InternetChecksum::add_copied(std::span<std::byte> to, std::span<const std::byte> octets) {
    FLATLAN_CHECK(to.size() >= octets.size());
    // Piece by piece, so that what is summed up is still in the nearest cache.
    for (std::size_t at = 0; at < octets.size(); at += kPieceBytes) {
        const auto piece = octets.subspan(at, std::min(kPieceBytes, octets.size() - at));
        std::memcpy(to.data() + at, piece.data(), piece.size());
        add(piece);
    }
}

InternetChecksum pseudo_header(Ipv4Address source, Ipv4Address destination, IpProtocol protocol,
                               std::size_t size_bytes) {
    InternetChecksum sum;
    sum.add_u32(source.value());
    sum.add_u32(destination.value());
    sum.add_u16(static_cast<std::uint16_t>(protocol));
    sum.add_u32(static_cast<std::uint32_t>(size_bytes));
    return sum;
}

InternetChecksum pseudo_header(Ipv6Address source, Ipv6Address destination, IpProtocol protocol,
                               std::size_t size_bytes) {
    InternetChecksum sum;
    sum.add(source.octets());
    sum.add(destination.octets());
    sum.add_u32(static_cast<std::uint32_t>(size_bytes));
    sum.add_u16(static_cast<std::uint16_t>(protocol));
    return sum;
}

}  // namespace flatlan::tunnel
