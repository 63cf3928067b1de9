#pragma once

#include <cstddef>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/socket_address.hpp"
#include "overlay/linux/unique_fd.hpp"

/// The sockets of a tunnel's end in the underlay.
namespace flatlan::tunnel {

/// Sockets that receive on one address and port, one per queue: the kernel keeps a flow on one of
/// them. Datagrams that follow each other come joined (UDP_GRO) where the kernel can.
///
/// Error conflict when anybody else receives there, whatever that one would share.
Result<std::vector<UniqueFd>> open_receivers(const Namespace& network, const Endpoint& local,
                                             std::size_t queues);

/// A socket to send from, with a source port of its own out of RFC 7348's range (49152 and up);
/// nothing is meant to arrive there. It forbids fragmentation.
Result<UniqueFd> open_sender(const Namespace& network, const IpAddress& local);

/// Whether the kernel joins datagrams for this socket, and cuts them (UDP_SEGMENT).
bool joins_datagrams(const UniqueFd& socket);
bool cuts_datagrams(const UniqueFd& socket);

}  // namespace flatlan::tunnel
