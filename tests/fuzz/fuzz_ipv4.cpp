#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/flow_hash.hpp"
#include "tunnel/wire/ipv4.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    if (const auto whole = Ipv4Header::parse(input)) flow_hash(*whole, input);
    // Options are not written, so what was read with some is written without.
    const auto parse = [](auto octets) {
        auto header = Ipv4Header::parse_quoted(octets);
        if (!header) return header;
        Ipv4Header bare = *header;
        bare.header_size_bytes = Ipv4Header::kSizeBytes;
        return Parsed<Ipv4Header>{bare};
    };
    fuzz_codec(
        input, parse, [](const Ipv4Header&) { return Ipv4Header::kSizeBytes; },
        [](const Ipv4Header& header, std::span<std::byte> out) {
            header.write(out.first<Ipv4Header::kSizeBytes>());
        });
}

}  // namespace flatlan::tunnel
