#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/arp.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) { fuzz_fixed<ArpPacket>(input); }

}  // namespace flatlan::tunnel
