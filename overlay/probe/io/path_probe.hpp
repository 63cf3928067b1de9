#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan::probe {

/// Echo requests from one node to another on the underlay, one of each size, none of which may be
/// fragmented. Any machine answers them, so the other end needs no program of ours.
struct PathProbe {
    const Namespace* network;  ///< of the sending node
    IpAddress source;
    IpAddress target;
    std::vector<std::uint32_t> sizes_bytes;  ///< of the whole IP packet
};

/// Between which sizes that of a way lies: from `least` on, which passed, and below `most`.
struct SizeBracket {
    std::uint32_t least;
    std::uint32_t most;

    bool is_known() const { return most - least <= 1; }
    /// At most 40 sizes, evenly apart; so three times are enough for any below 65,536.
    std::vector<std::uint32_t> sizes() const;
    /// What is left of it when `passed`, one of the sizes, is the largest that was answered.
    void narrow(std::uint32_t passed);
};

/// The largest size of each probe to which an answer came; 0 where none did. 256 probes are under
/// way at once; for them it waits until the largest size of each is answered, or 300 ms have
/// passed, or `stop` becomes readable.
Result<std::vector<std::uint32_t>> send_probes(std::span<const PathProbe> probes, int stop);

}  // namespace flatlan::probe
