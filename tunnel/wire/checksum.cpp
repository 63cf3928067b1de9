#include "tunnel/wire/checksum.hpp"

#include <array>
#include <cstring>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kStrideBytes = 32;

/// Adds eight octets, carry included: what overflows at the top comes in again at the bottom.
void add_word(std::uint64_t& sum, std::uint64_t word) {
    sum += word;
    sum += sum < word ? 1 : 0;
}

std::uint64_t load(const std::byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

struct NoCopy {
    void word(std::size_t, std::uint64_t) const {}
    void tail(std::size_t, std::span<const std::byte>) const {}
};

struct CopyTo {
    std::byte* to;
    void word(std::size_t at, std::uint64_t word) const {
        std::memcpy(to + at, &word, sizeof word);
    }
    void tail(std::size_t at, std::span<const std::byte> octets) const {
        std::memcpy(to + at, octets.data(), octets.size());
    }
};

/// Sums the octets as 64-bit words in the machine's order; four sums run side by side, so that no
/// addition waits for the one before it.
template <typename Copy>
std::uint64_t sum_words(std::span<const std::byte> octets, const Copy& copy) {
    std::array<std::uint64_t, 4> sums{};
    std::size_t at = 0;
    for (; at + kStrideBytes <= octets.size(); at += kStrideBytes) {
        for (std::size_t lane = 0; lane < sums.size(); ++lane) {
            const std::uint64_t word = load(octets.data() + at + lane * sizeof(std::uint64_t));
            add_word(sums[lane], word);
            copy.word(at + lane * sizeof word, word);
        }
    }
    for (; at + sizeof(std::uint64_t) <= octets.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = load(octets.data() + at);
        add_word(sums[0], word);
        copy.word(at, word);
    }
    if (const auto rest = octets.subspan(at); !rest.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, rest.data(), rest.size());
        add_word(sums[1], word);
        copy.tail(at, rest);
    }
    add_word(sums[0], sums[1]);
    add_word(sums[2], sums[3]);
    add_word(sums[0], sums[2]);
    return sums[0];
}

}  // namespace

void InternetChecksum::add_run(std::uint64_t run_sum, std::size_t size_bytes) {
    add_folded(fold(run_sum));
    if (size_bytes % 2 != 0) odd_ = !odd_;
}

void InternetChecksum::add(std::span<const std::byte> octets) {
    add_run(sum_words(octets, NoCopy{}), octets.size());
}

void InternetChecksum::add_copied(std::span<std::byte> to, std::span<const std::byte> octets) {
    FLATLAN_CHECK(to.size() >= octets.size());
    add_run(sum_words(octets, CopyTo{to.data()}), octets.size());
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
