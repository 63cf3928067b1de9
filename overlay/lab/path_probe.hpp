#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::lab {

/// Echo requests from one node to another on the underlay, one of each size, none of which may be
/// fragmented. Any machine answers them, so the other end needs no program of ours.
struct PathProbe {
    const Namespace* network;  ///< of the sending node
    IpAddress source;
    IpAddress target;
    std::vector<std::uint32_t> sizes_bytes;  ///< of the whole IP packet
};

/// The largest size of each probe to which an answer came; 0 where none did. 256 probes are under
/// way at once; for them it waits until the largest size of each is answered, or 300 ms have
/// passed, or `stop` becomes readable.
Result<std::vector<std::uint32_t>> send_probes(std::span<const PathProbe> probes, int stop);

}  // namespace flatlan::lab
