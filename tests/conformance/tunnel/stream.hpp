#pragma once

#include <cstddef>
#include <string>

#include "overlay/base/ip_address.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::tunnel {

/// One end of a TCP connection.
struct StreamEnd {
    const Namespace& network;
    IpAddress address;
};

/// Sends so many octets through one TCP connection and compares them on the other side. Empty when
/// all arrived as they were, from the sender's own address; else what did not.
std::string stream(const StreamEnd& from, const StreamEnd& to, std::size_t size_bytes);

}  // namespace flatlan::tunnel
