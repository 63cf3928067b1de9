#pragma once

#include <string>

#include "overlay/probe/trace/expected.hpp"

/// Commands that mend: each is one line that a person can paste into a shell, in which a name,
/// whoever gave it, is one word.
namespace flatlan::trace {

/// `command`, run in the place: "flatlan exec node/n1 -- ip link set p1 up".
std::string run_at(const Ground& ground, PlaceId place, const std::string& command);

/// "ip route replace 10.244.1.0/26 via inet6 fe80::1 dev flat0 src 10.244.0.0", as it should be.
Result<std::string> mend_route(const Ground& ground, const Passage& at, const LinkFacts& link);

/// Sets a link up, and puts back what goes with it at its end of the cable: routes, neighbours, and
/// addresses of IPv6.
Result<std::string> mend_cable(const Ground& ground, PlaceId place, const LinkFacts& link);

/// Puts a pod's or node's addresses back, with what the kernel takes away when one goes: the routes
/// that name it, or, with the last one, all by its interface.
Result<std::string> mend_addresses(const Ground& ground, PlaceId place);

std::string mend_neighbour(const Ground& ground, PlaceId place, const LinkFacts& link,
                           const IpAddress& address, const MacAddress& mac);
std::string mend_fdb(const Ground& ground, PlaceId place, const LinkFacts& link,
                     const MacAddress& mac, const IpAddress& remote);
/// A setting by its path below /proc/sys and its value, as sysctl(8) takes them.
std::string setting_word(const std::string& path, int value);
std::string mend_setting(const Ground& ground, PlaceId place, const std::string& path, int value);

}  // namespace flatlan::trace
