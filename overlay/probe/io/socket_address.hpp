#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "overlay/base/network_values.hpp"

namespace flatlan::probe {

/// An endpoint in the kernel's form (ip(7), ipv6(7)); the place for one that the kernel fills in.
class SocketAddress {
public:
    SocketAddress() = default;
    explicit SocketAddress(const Endpoint& endpoint);

    /// What the kernel filled in; empty when it was no address of IPv4 or IPv6.
    std::optional<Endpoint> endpoint() const;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }
    static constexpr socklen_t kCapacity = sizeof(sockaddr_in6);

private:
    union {
        sockaddr_in6 ipv6;
        sockaddr_in ipv4;
        sa_family_t family;
    } storage_{};
    socklen_t size_ = kCapacity;
};

in_addr to_kernel(Ipv4Address address);
in6_addr to_kernel(Ipv6Address address);
Ipv4Address from_kernel(const in_addr& address);
Ipv6Address from_kernel(const in6_addr& address);

/// AF_INET or AF_INET6.
constexpr int to_kernel(IpFamily family) { return family == IpFamily::ipv4 ? AF_INET : AF_INET6; }

}  // namespace flatlan::probe
