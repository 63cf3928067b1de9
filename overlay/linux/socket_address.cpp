#include "overlay/linux/socket_address.hpp"

#include <array>
#include <cstring>

#include "overlay/base/check.hpp"

namespace flatlan {

SocketAddress SocketAddress::from(const IpAddress& address, Port port) {
    SocketAddress out;
    if (address.is_ipv4()) {
        sockaddr_in ipv4{};
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(port.value());
        ipv4.sin_addr.s_addr = htonl(address.ipv4().value());
        std::memcpy(&out.storage, &ipv4, sizeof ipv4);
        out.size_bytes = sizeof ipv4;
        return out;
    }
    out.storage.sin6_family = AF_INET6;
    out.storage.sin6_port = htons(port.value());
    const auto octets = address.ipv6().octets();
    std::memcpy(&out.storage.sin6_addr, octets.data(), octets.size());
    out.size_bytes = sizeof out.storage;
    return out;
}

IpAddress address_from(const sockaddr_in6& storage) {
    if (storage.sin6_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, &storage, sizeof ipv4);
        return Ipv4Address{ntohl(ipv4.sin_addr.s_addr)};
    }
    FLATLAN_CHECK(storage.sin6_family == AF_INET6);
    std::array<std::byte, Ipv6Address::kSizeBytes> octets{};
    std::memcpy(octets.data(), &storage.sin6_addr, octets.size());
    return Ipv6Address::from_octets(octets);
}

}  // namespace flatlan
