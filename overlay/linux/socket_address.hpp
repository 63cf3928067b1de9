#pragma once

#include <netinet/in.h>

#include "overlay/base/network_values.hpp"

namespace flatlan {

/// An address and port as the socket calls take them.
struct SocketAddress {
    sockaddr_in6 storage{};  ///< a sockaddr_in where the family is IPv4
    socklen_t size_bytes = 0;

    static SocketAddress from(const IpAddress& address, Port port);
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// The address in what a socket call filled in; it has to be of IPv4 or IPv6.
IpAddress address_from(const sockaddr_in6& storage);

}  // namespace flatlan
