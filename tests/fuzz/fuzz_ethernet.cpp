#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/ethernet.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) { fuzz_fixed<EthernetHeader>(input); }

}  // namespace flatlan::tunnel
