#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "overlay/base/check.hpp"

namespace flatlan {

/// Reads network-order integers from the front of a run of octets. A read past the end yields zero
/// and sets `truncated`, which stays set: read in a straight line, ask once at the end.
class ByteReader {
public:
    explicit constexpr ByteReader(std::span<const std::byte> bytes) : rest_{bytes} {}

    constexpr std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
    constexpr std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
    constexpr std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
    constexpr std::uint64_t u64() { return integer(8); }

    /// Takes the next `count` octets, or none of them when fewer are left.
    constexpr std::span<const std::byte> take(std::size_t count) {
        if (count > rest_.size()) {
            truncated_ = true;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    /// What has not been read yet.
    constexpr std::span<const std::byte> rest() const { return rest_; }
    constexpr bool truncated() const { return truncated_; }

private:
    constexpr std::uint64_t integer(std::size_t width_bytes) {
        std::uint64_t value = 0;
        for (const std::byte octet : take(width_bytes))
            value = (value << 8U) | std::to_integer<std::uint64_t>(octet);
        return value;
    }

    std::span<const std::byte> rest_;
    bool truncated_ = false;
};

/// Writes network-order integers to the front of a run of octets that the caller made large enough:
/// running over its end is a bug of ours and aborts.
class ByteWriter {
public:
    explicit constexpr ByteWriter(std::span<std::byte> bytes) : rest_{bytes} {}

    constexpr void u8(std::uint8_t value) { integer(value, 1); }
    constexpr void u16(std::uint16_t value) { integer(value, 2); }
    constexpr void u32(std::uint32_t value) { integer(value, 4); }
    constexpr void u64(std::uint64_t value) { integer(value, 8); }

    constexpr void bytes(std::span<const std::byte> octets) {
        std::copy(octets.begin(), octets.end(), skip(octets.size()).begin());
    }

    /// Leaves the next `count` octets as they are and hands them out.
    constexpr std::span<std::byte> skip(std::size_t count) {
        FLATLAN_CHECK(count <= rest_.size());
        const auto skipped = rest_.first(count);
        rest_ = rest_.subspan(count);
        return skipped;
    }

    constexpr std::span<std::byte> rest() const { return rest_; }

private:
    constexpr void integer(std::uint64_t value, std::size_t width_bytes) {
        const auto out = skip(width_bytes);
        for (std::size_t i = 0; i < width_bytes; ++i)
            out[width_bytes - 1 - i] = static_cast<std::byte>(value >> (8U * i));
    }

    std::span<std::byte> rest_;
};

}  // namespace flatlan
