#include "ipam/store/lease_request.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "overlay/base/bytes.hpp"

namespace flatlan::ipam {
namespace {

constexpr std::uint8_t kHasIpv4 = 1;
constexpr std::uint8_t kHasIpv6 = 2;
constexpr std::size_t kBootTextSize = 36;

std::uint8_t flags(bool ipv4, bool ipv6) {
    return static_cast<std::uint8_t>((ipv4 ? kHasIpv4 : 0) | (ipv6 ? kHasIpv6 : 0));
}

void write_addresses(ByteWriter& out, const IpAddresses& addresses) {
    out.u8(flags(addresses.ipv4.has_value(), addresses.ipv6.has_value()));
    out.u32(addresses.ipv4.value_or(Ipv4Address{}).value());
    out.u64(addresses.ipv6.value_or(Ipv6Address{}).high());
    out.u64(addresses.ipv6.value_or(Ipv6Address{}).low());
}

IpAddresses read_addresses(ByteReader& in) {
    const std::uint8_t has = in.u8();
    const Ipv4Address ipv4{in.u32()};
    const std::uint64_t high = in.u64();
    const Ipv6Address ipv6 = Ipv6Address::from_halves(high, in.u64());
    IpAddresses addresses;
    if ((has & kHasIpv4) != 0) addresses.set(ipv4);
    if ((has & kHasIpv6) != 0) addresses.set(ipv6);
    return addresses;
}

void write_text(ByteWriter& out, std::string_view text) {
    out.bytes(std::as_bytes(std::span{text}));
}

std::string_view read_text(ByteReader& in, std::size_t size) {
    const auto octets = in.take(size);
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace

void write(const LeaseAnswer& answer, std::span<std::byte, kLeaseAnswerBytes> out) {
    ByteWriter to{out};
    to.u64(static_cast<std::uint64_t>(answer.change));
    write_addresses(to, answer.addresses);
}

std::optional<LeaseAnswer> parse_answer(std::span<const std::byte, kLeaseAnswerBytes> octets) {
    ByteReader in{octets};
    LeaseAnswer answer;
    answer.change = static_cast<std::int64_t>(in.u64());
    answer.addresses = read_addresses(in);
    if (answer.change < 0 || answer.addresses.empty() != (answer.change == 0)) return std::nullopt;
    return answer;
}

void write(const LeaseRequest& request, std::span<std::byte, kLeaseRequestBytesMax> out) {
    ByteWriter to{out};
    to.u8(static_cast<std::uint8_t>(request.verb));
    to.u8(flags(request.wanted.ipv4, request.wanted.ipv6));
    write_addresses(to, request.wanted.wanted);
    write_text(to, to_string(request.wanted.origin.boot));
    to.u64(request.wanted.origin.netns.value);
    to.u16(static_cast<std::uint16_t>(request.key.text().size()));
    write_text(to, request.key.text());
}

std::optional<LeaseRequest> parse_request(
    std::span<const std::byte, kLeaseRequestBytesMax> octets) {
    ByteReader in{octets};
    const auto verb = static_cast<LeaseRequest::Verb>(in.u8());
    if (verb != LeaseRequest::Verb::allocate && verb != LeaseRequest::Verb::release)
        return std::nullopt;
    AddressRequest wanted;
    const std::uint8_t asked = in.u8();
    wanted.ipv4 = (asked & kHasIpv4) != 0;
    wanted.ipv6 = (asked & kHasIpv6) != 0;
    wanted.wanted = read_addresses(in);
    const auto boot = BootId::from_text(read_text(in, kBootTextSize));
    wanted.origin.netns.value = in.u64();
    const std::size_t key_size = in.u16();
    auto key = LeaseKey::from_text(read_text(in, key_size));
    if (!boot || !key) return std::nullopt;
    wanted.origin.boot = boot.value();
    return LeaseRequest{verb, std::move(key).value(), wanted};
}

}  // namespace flatlan::ipam
