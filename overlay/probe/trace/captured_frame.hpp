#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/probe/trace/atlas.hpp"
#include "overlay/probe/trace/frame.hpp"

namespace flatlan::trace {

/// A packet as one device of a place saw it.
struct CapturedFrame {
    IfIndex device;
    bool outgoing = false;
    bool astray = false;  ///< for another MAC address than the device's (PACKET_OTHERHOST)
    LinkLayer layer = LinkLayer::ethernet;
    Duration at{};  ///< since 1970, by the clock of the place's machine
    std::vector<std::byte> octets;
};

/// A packet of a trace as a device saw it.
struct KeptFrame {
    PlaceId place;
    std::string device;  ///< empty where it has vanished since
    CapturedFrame frame;
};

}  // namespace flatlan::trace
