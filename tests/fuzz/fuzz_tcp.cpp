#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/tcp.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    fuzz_codec(
        input, [](auto octets) { return TcpHeader::parse(octets); },
        [](const TcpHeader& header) { return header.header_size_bytes(); },
        [](const TcpHeader& header, std::span<std::byte> out) { header.write(out); });
}

}  // namespace flatlan::tunnel
