#pragma once

#include <cstdint>
#include <optional>

#include "overlay/base/network_values.hpp"
#include "overlay/probe/member.hpp"

/// What the tester's sockets can tell of one check. For ICMP the sender's port stands for the
/// identifier of the echo request (RFC 792), the part of it that NAT rewrites; the other end has
/// none.
namespace flatlan::probe {

/// The time to live, or hop limit, with which probes leave.
inline constexpr std::uint8_t kProbeTtl = 64;

/// A request or answer that reached a member: who saw it, and what its header said.
struct Sighting {
    MemberId at;
    Endpoint source;
    Endpoint destination;
    /// Time to live; empty where the socket cannot tell, or where who sent it chose another than
    /// kProbeTtl.
    std::optional<std::uint8_t> ttl{};
    friend bool operator==(const Sighting&, const Sighting&) = default;
};

/// Why a request was not carried or not taken.
enum class RefusalKind : std::uint8_t {
    no_route,         ///< no route to network or host
    prohibited,       ///< a rule or policy forbids it
    port_closed,      ///< port unreachable, or a TCP reset
    ttl_expired,      ///< forwarded too often
    too_large,        ///< larger than the path's MTU
    address_missing,  ///< the sender does not have the address that it is to send from
    own_limit,        ///< the tester ran out of something: says nothing of the network
    other,
};

/// A refusal: of the system call that was to send, or by an ICMP error or TCP reset.
struct Refusal {
    RefusalKind kind = RefusalKind::other;
    /// Who sent the ICMP error; empty when it was the sender's own kernel, or nobody can tell.
    std::optional<IpAddress> reporter{};
    int errno_value = 0;  ///< as the sender's kernel put it; 0 when there was none
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// What a failed system call of the sender means, by its errno.
RefusalKind refusal_of_errno(int errno_value);
/// What an ICMP error means (RFC 792, RFC 1812 section 5.2.7; RFC 4443 section 3).
RefusalKind refusal_of_icmp(IpFamily family, std::uint8_t type, std::uint8_t code);

}  // namespace flatlan::probe
