#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/tunnel/wire/octets.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

inline std::span<const std::byte> const_span(const Octets& octets) { return octets; }

/// What every codec has to do with a message of which all octets are known: read it as `expected`,
/// write `expected` as those very octets without leaving one of a poisoned buffer as it was, read
/// none of its truncations, and print something. `parse` takes octets, `write` the header and a
/// buffer of the golden size. A message of open length, which nothing but a checksum of 16 bits
/// ends, may by chance be read when cut behind its first `header_size` octets.
template <typename Header, typename Parse, typename Write>
void expect_codec(const Octets& golden, const Header& expected, Parse parse, Write write,
                  std::optional<std::size_t> header_size = std::nullopt) {
    const auto parsed = parse(const_span(golden));
    ASSERT_TRUE(parsed) << to_string(parsed.reason());
    EXPECT_EQ(*parsed, expected) << to_string(*parsed);

    Octets written(golden.size(), kPoison);
    write(expected, std::span{written});
    EXPECT_EQ(written, golden);

    for (std::size_t size = 0; size < header_size.value_or(golden.size()); ++size) {
        // In memory of its own, so that the sanitizer sees a read beyond it.
        const Octets cut(golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(parse(const_span(cut))) << "of " << size << " octets";
    }
    EXPECT_FALSE(to_string(expected).empty());
}

/// The same for a header of fixed size that parses and writes without further arguments.
template <typename Header>
void expect_codec(const Octets& golden, const Header& expected) {
    ASSERT_EQ(golden.size(), Header::kSizeBytes);
    expect_codec(
        golden, expected, [](auto octets) { return Header::parse(octets); },
        [](const Header& header, std::span<std::byte> out) {
            header.write(out.first<Header::kSizeBytes>());
        });
}

/// `count` octets of `from`, starting at `at`.
inline Octets part(const Octets& from, std::size_t at, std::size_t count) {
    const auto piece = std::span{from}.subspan(at, count);
    return {piece.begin(), piece.end()};
}
inline Octets part(const Octets& from, std::size_t at) { return part(from, at, from.size() - at); }

}  // namespace flatlan::tunnel
