#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/vxlan.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) { fuzz_fixed<VxlanHeader>(input); }

}  // namespace flatlan::tunnel
