#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/flow_hash.hpp"
#include "tunnel/wire/ipv6.hpp"
#include "tunnel/wire/ipv6_extensions.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    fuzz_codec(
        input, [](auto octets) { return Ipv6Header::parse_quoted(octets); },
        [](const Ipv6Header&) { return Ipv6Header::kSizeBytes; },
        [](const Ipv6Header& header, std::span<std::byte> out) {
            header.write(out.first<Ipv6Header::kSizeBytes>());
        });
    const auto header = Ipv6Header::parse_quoted(input);
    if (!header) return;
    if (const auto upper = find_ipv6_upper(*header, input)) {
        FLATLAN_CHECK(upper->offset_bytes <= input.size());
        FLATLAN_CHECK(upper->offset_bytes <= header->total_size_bytes());
    }
    flow_hash(*header, input);
}

}  // namespace flatlan::tunnel
