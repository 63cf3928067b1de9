#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/icmp.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    fuzz_codec(
        input, [](auto octets) { return IcmpMessage::parse(octets); },
        [](const IcmpMessage&) { return IcmpMessage::kSizeBytes; },
        [](const IcmpMessage& message, std::span<std::byte> out) { message.write(out); });
}

}  // namespace flatlan::tunnel
