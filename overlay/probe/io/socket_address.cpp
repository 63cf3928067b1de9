#include "overlay/probe/io/socket_address.hpp"

#include <arpa/inet.h>

#include <bit>

namespace flatlan::probe {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
    if (endpoint.address.is_ipv4()) {
        storage_.ipv4.sin_family = AF_INET;
        storage_.ipv4.sin_port = htons(endpoint.port.value());
        storage_.ipv4.sin_addr = to_kernel(endpoint.address.ipv4());
        size_ = sizeof(sockaddr_in);
    } else {
        storage_.ipv6.sin6_family = AF_INET6;
        storage_.ipv6.sin6_port = htons(endpoint.port.value());
        storage_.ipv6.sin6_addr = to_kernel(endpoint.address.ipv6());
    }
}

std::optional<Endpoint> SocketAddress::endpoint() const {
    if (storage_.family == AF_INET)
        return Endpoint{from_kernel(storage_.ipv4.sin_addr), Port{ntohs(storage_.ipv4.sin_port)}};
    if (storage_.family == AF_INET6)
        return Endpoint{from_kernel(storage_.ipv6.sin6_addr), Port{ntohs(storage_.ipv6.sin6_port)}};
    return std::nullopt;
}

in_addr to_kernel(Ipv4Address address) { return in_addr{htonl(address.value())}; }
in6_addr to_kernel(Ipv6Address address) { return std::bit_cast<in6_addr>(address.octets()); }
Ipv4Address from_kernel(const in_addr& address) { return Ipv4Address{ntohl(address.s_addr)}; }
Ipv6Address from_kernel(const in6_addr& address) {
    return Ipv6Address::from_octets(
        std::bit_cast<std::array<std::byte, Ipv6Address::kSizeBytes>>(address));
}

}  // namespace flatlan::probe
