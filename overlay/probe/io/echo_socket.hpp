#pragma once

#include <optional>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/probe/echo.hpp"
#include "overlay/probe/io/datagrams.hpp"

namespace flatlan::probe {

/// A raw ICMP socket in the calling thread's namespace, which sees the echo requests that arrive
/// there as well as replies and errors. The kernel answers the requests. Needs CAP_NET_RAW (else:
/// forbidden).
Result<UniqueFd> open_echo_socket(IpFamily family);

/// What one packet from such a socket is; empty when it is no probe.
std::optional<EchoSeen> read_echo(IpFamily family, const Datagram& datagram);

/// Adds a probe to what an echo socket sends, from the payload's source address.
void add_echo_request(SendBatch& batch, const Payload& payload);

}  // namespace flatlan::probe
