#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/icmpv6.hpp"

namespace flatlan::tunnel {

void fuzz(std::span<const std::byte> input) {
    const Ipv6Address from{1};
    const Ipv6Address to{2};
    fuzz_codec(
        input, [&](auto octets) { return Icmpv6Message::parse(octets, from, to); },
        [](const Icmpv6Message&) { return Icmpv6Message::kSizeBytes; },
        [&](const Icmpv6Message& message, std::span<std::byte> out) {
            message.write(out, from, to);
        });
}

}  // namespace flatlan::tunnel
