#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "overlay/base/check.hpp"
#include "tunnel/wire/parsed.hpp"

namespace flatlan::tunnel {

/// What a fuzz target defines: called with each input, it aborts when what must hold does not.
void fuzz(std::span<const std::byte> input);

/// What has to hold for whatever octets arrive: reading them ends without a fault, and what was
/// read is written as octets that read as the same again. `size_of` says how many octets a header
/// is written to.
template <typename Parse, typename SizeOf, typename Write>
void fuzz_codec(std::span<const std::byte> input, Parse parse, SizeOf size_of, Write write) {
    const auto first = parse(input);
    if (!first) {
        FLATLAN_CHECK(!to_string(first.reason()).empty());
        return;
    }
    FLATLAN_CHECK(!to_string(*first).empty());
    std::vector<std::byte> written(size_of(*first), std::byte{0xa5});
    write(*first, std::span{written});
    const auto second = parse(std::span<const std::byte>{written});
    FLATLAN_CHECK(second && *second == *first);
}

/// The same for a header of fixed size that parses and writes without further arguments.
template <typename Header>
void fuzz_fixed(std::span<const std::byte> input) {
    fuzz_codec(
        input, [](auto octets) { return Header::parse(octets); },
        [](const Header&) { return Header::kSizeBytes; },
        [](const Header& header, std::span<std::byte> out) {
            header.write(out.first<Header::kSizeBytes>());
        });
}

}  // namespace flatlan::tunnel
