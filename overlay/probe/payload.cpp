#include "overlay/probe/payload.hpp"

#include <algorithm>

#include "overlay/base/bytes.hpp"

namespace flatlan::probe {
namespace {

constexpr std::uint32_t kMagic = 0x666c'6174;  // "flat"
constexpr Uint128 kIpv4Mapped = Uint128{0xffff} << 32U;

void write_endpoint(ByteWriter& out, const Endpoint& endpoint) {
    const Uint128 value = endpoint.address.is_ipv4() ? kIpv4Mapped | endpoint.address.value()
                                                     : endpoint.address.value();
    out.u64(static_cast<std::uint64_t>(value >> 64U));
    out.u64(static_cast<std::uint64_t>(value));
    out.u16(endpoint.port.value());
}

Endpoint read_endpoint(ByteReader& in) {
    const std::uint64_t high = in.u64();
    const std::uint64_t low = in.u64();
    const Port port{in.u16()};
    if (high == 0 && low >> 32U == 0xffff)
        return Endpoint{Ipv4Address{static_cast<std::uint32_t>(low)}, port};
    return Endpoint{Ipv6Address::from_halves(high, low), port};
}

}  // namespace

std::optional<Payload> Payload::parse(std::span<const std::byte> octets) {
    ByteReader in{octets};
    const std::uint32_t magic = in.u32();
    const std::uint32_t run = in.u32();
    const std::uint8_t kind = in.u8();
    const std::uint8_t attempt = in.u8();
    in.u16();  // reserved
    const std::uint32_t check = in.u32();
    const std::uint64_t token = in.u64();
    const Endpoint source = read_endpoint(in);
    const Endpoint destination = read_endpoint(in);
    if (in.truncated() || magic != kMagic) return std::nullopt;
    if (kind != static_cast<std::uint8_t>(PayloadKind::request) &&
        kind != static_cast<std::uint8_t>(PayloadKind::answer))
        return std::nullopt;
    return Payload{.run = run,
                   .kind = static_cast<PayloadKind>(kind),
                   .attempt = attempt,
                   .check = check,
                   .token = token,
                   .source = source,
                   .destination = destination};
}

void Payload::write(std::span<std::byte, kSizeBytes> out) const {
    ByteWriter to{out};
    to.u32(kMagic);
    to.u32(run);
    to.u8(static_cast<std::uint8_t>(kind));
    to.u8(attempt);
    to.u16(0);
    to.u32(check);
    to.u64(token);
    write_endpoint(to, source);
    write_endpoint(to, destination);
    FLATLAN_CHECK(to.rest().empty());
}

}  // namespace flatlan::probe
