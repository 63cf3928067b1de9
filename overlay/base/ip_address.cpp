#include "overlay/base/ip_address.hpp"

#include <arpa/inet.h>

namespace flatlan {
namespace {

/// inet_pton(3) wants a terminated string; no address text is longer than this.
constexpr std::size_t kTextSizeMax = INET6_ADDRSTRLEN;

template <typename Address>
std::optional<Address> scan(int family, std::string_view text) {
    if (text.size() >= kTextSizeMax) return std::nullopt;
    std::array<std::byte, Address::kSizeBytes> octets{};
    if (inet_pton(family, std::string{text}.c_str(), octets.data()) != 1) return std::nullopt;
    return Address::from_octets(octets);
}

template <typename Address>
std::string print(int family, Address address) {
    const auto octets = address.octets();
    std::array<char, kTextSizeMax> text{};
    inet_ntop(family, octets.data(), text.data(), text.size());
    return text.data();
}

Error not_an_address(std::string_view text, std::string_view kind, std::string example) {
    return Error{ErrorCode::invalid_argument,
                 "'" + std::string{text} + "' is no " + std::string{kind} + " address"}
        .expecting(std::move(example));
}

}  // namespace

std::string_view to_string(IpFamily family) { return family == IpFamily::ipv4 ? "IPv4" : "IPv6"; }

Result<Ipv4Address> Ipv4Address::from_text(std::string_view text) {
    if (const auto address = scan<Ipv4Address>(AF_INET, text)) return *address;
    return not_an_address(text, "IPv4", "four decimal parts, such as 10.244.0.1");
}

std::string to_string(Ipv4Address address) { return print(AF_INET, address); }

Result<Ipv6Address> Ipv6Address::from_text(std::string_view text) {
    if (const auto address = scan<Ipv6Address>(AF_INET6, text)) return *address;
    return not_an_address(text, "IPv6", "hexadecimal groups, such as fd00:10:244::1");
}

std::string to_string(Ipv6Address address) { return print(AF_INET6, address); }

Result<IpAddress> IpAddress::from_text(std::string_view text) {
    if (const auto v4 = scan<Ipv4Address>(AF_INET, text)) return IpAddress{*v4};
    if (const auto v6 = scan<Ipv6Address>(AF_INET6, text)) return IpAddress{*v6};
    return not_an_address(text, "IP", "an address such as 10.244.0.1 or fd00:10:244::1");
}

std::string to_string(const IpAddress& address) {
    return address.is_ipv4() ? to_string(address.ipv4()) : to_string(address.ipv6());
}

}  // namespace flatlan
