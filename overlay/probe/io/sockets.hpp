#pragma once

#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::probe {

/// A socket that never blocks, in the calling thread's network namespace. `type` and `protocol` as
/// in socket(2).
Result<UniqueFd> open_socket(IpFamily family, int type, int protocol);

/// setsockopt(2) with a number; `name` for the message.
Result<void> set_option(const UniqueFd& socket, int level, int option, int value, const char* name);

/// Binds to the address and to `preferred` if nobody has that port there, else to one that the
/// kernel gives. Where all members have the same port, a request that went astray shows itself.
/// Error not_found when the address is not there (EADDRNOTAVAIL).
Result<void> bind_socket(const UniqueFd& socket, const IpAddress& address, Port preferred);

/// Lets a connection end by a reset when it is closed, so that nothing stays in TIME_WAIT. What is
/// accepted from a listening socket inherits it.
Result<void> reset_on_close(const UniqueFd& socket);

/// The end of the socket on this side.
Result<Endpoint> local_endpoint(const UniqueFd& socket);

/// Lets the socket say where each packet was sent to (IP_PKTINFO, IPV6_RECVPKTINFO).
Result<void> report_destinations(const UniqueFd& socket, IpFamily family);

/// Lets what the socket sends leave with kProbeTtl, and the socket say with which time to live, or
/// hop limit, each packet came (IP_RECVTTL, IPV6_RECVHOPLIMIT).
Result<void> fix_ttl(const UniqueFd& socket, IpFamily family);

/// Lets the socket collect the ICMP errors that come back, for MSG_ERRQUEUE (IP_RECVERR).
Result<void> report_errors(const UniqueFd& socket, IpFamily family);

/// Lets the socket say, in its error queue, when a device took each packet that was sent
/// (SO_TIMESTAMPING in Documentation/networking/timestamping.rst).
Result<void> report_send_times(const UniqueFd& socket);

/// Succeeds when the calling thread's namespace has the address, ready for use; else not_found.
Result<void> check_address(const IpAddress& address);

}  // namespace flatlan::probe
