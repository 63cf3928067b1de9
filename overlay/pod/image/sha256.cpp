#include "overlay/pod/image/sha256.hpp"

#include <algorithm>
#include <bit>

namespace flatlan::pod {
namespace {

/// FIPS 180-4, section 4.2.2.
constexpr std::array<std::uint32_t, 64> kConstants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::size_t kLengthSizeBytes = 8;

std::uint32_t word_at(const std::uint8_t* octets) {
    return static_cast<std::uint32_t>(octets[0]) << 24U |
           static_cast<std::uint32_t>(octets[1]) << 16U |
           static_cast<std::uint32_t>(octets[2]) << 8U | octets[3];
}

}  // namespace

void Sha256::add(std::span<const char> octets) {
    size_bytes_ += octets.size();
    const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
    std::size_t left = octets.size();
    while (left > 0) {
        if (rest_size_ == 0 && left >= kBlockSizeBytes) {
            take_block(data);
            data += kBlockSizeBytes;
            left -= kBlockSizeBytes;
            continue;
        }
        const std::size_t taken = std::min(left, kBlockSizeBytes - rest_size_);
        std::copy_n(data, taken, rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_));
        data += taken;
        left -= taken;
        rest_size_ += taken;
        if (rest_size_ < kBlockSizeBytes) continue;
        take_block(rest_.data());
        rest_size_ = 0;
    }
}

std::string Sha256::hex() {
    const std::uint64_t size_bits = size_bytes_ * 8;
    // A one bit, zeros up to the last eight octets of a block, and the length (section 5.1.1).
    const char one = static_cast<char>(0x80);
    add({&one, 1});
    const char zero = 0;
    while (rest_size_ != kBlockSizeBytes - kLengthSizeBytes)
        add({&zero, 1});
    std::array<char, kLengthSizeBytes> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
        length[i] = static_cast<char>(size_bits >> (8 * (length.size() - 1 - i)) & 0xffU);
    add(length);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint32_t word : state_)
        for (int shift = 28; shift >= 0; shift -= 4)
            text += kDigits[word >> static_cast<unsigned>(shift) & 0xfU];
    return text;
}

/// Section 6.2.2, with its names.
void Sha256::take_block(const std::uint8_t* block) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t t = 0; t < 16; ++t)
        w[t] = word_at(block + 4 * t);
    for (std::size_t t = 16; t < w.size(); ++t) {
        const std::uint32_t s0 =
            std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3U;
        const std::uint32_t s1 =
            std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10U;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t t = 0; t < w.size(); ++t) {
        const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const std::uint32_t first = h + s1 + ((e & f) ^ (~e & g)) + kConstants[t] + w[t];
        const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const std::uint32_t second = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state_.size(); ++i)
        state_[i] += added[i];
}

}  // namespace flatlan::pod
