#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/neighbour_discovery.hpp"

namespace flatlan::tunnel {

namespace {

template <typename Message>
void fuzz_message(std::span<const std::byte> input) {
    const Ipv6Address from{1};
    const Ipv6Address to{2};
    fuzz_codec(
        input, [&](auto octets) { return Message::parse(octets, from, to); },
        [](const Message& message) { return message.size_bytes(); },
        [&](const Message& message, std::span<std::byte> out) { message.write(out, from, to); });
}

}  // namespace

void fuzz(std::span<const std::byte> input) {
    fuzz_message<NeighbourSolicitation>(input);
    fuzz_message<NeighbourAdvertisement>(input);
}

}  // namespace flatlan::tunnel
