#pragma once

#include <string>

#include "overlay/probe/trace/frame.hpp"

namespace flatlan::trace {

/// All that read_frame may know as a packet of that trace, in the language of PacketFilter: ICMP,
/// which tells of errors too, the tunnel's packets, and those of its protocol that have its tag, or
/// begin or refuse a connection. Addresses and ports are left out, since somebody on the way may
/// rewrite them.
std::string filter_of(const Trail& trail);

}  // namespace flatlan::trace
