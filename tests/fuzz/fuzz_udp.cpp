#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/udp.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    fuzz_codec(
        input, [](auto octets) { return UdpHeader::parse(octets); },
        [](const UdpHeader& header) { return std::size_t{header.size_bytes}; },
        [](const UdpHeader& header, std::span<std::byte> out) {
            header.write(out.first<UdpHeader::kSizeBytes>());
        });
}

}  // namespace flatlan::tunnel
