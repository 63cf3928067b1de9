#pragma once

#include <optional>

#include "overlay/probe/observation.hpp"
#include "overlay/probe/trial/trial.hpp"

namespace flatlan::trial {

/// What came of packets of one size that nobody may cut up.
struct SizeSeen {
    std::uint32_t octets = 0;  ///< from the IP header on
    bool arrived = false;
    std::optional<probe::Refusal> refusal{};
    std::uint32_t told_octets = 0;  ///< the MTU that came with the refusal; 0: none
    std::uint8_t tries = 0;
};

/// What came of looking for a path's MTU (RFC 1191, RFC 8201).
struct PathMtuSeen {
    SizeSeen largest;                  ///< of the size that the sender's kernel believes in at last
    std::optional<SizeSeen> larger;    ///< one octet more; empty where the largest did not arrive
    std::uint32_t passing_octets = 0;  ///< the largest size that did arrive, where one vanished
};

/// Empty when the path's MTU is exact: the largest arrives, and one octet more is refused with it.
std::optional<Shortcoming> judge(const PathMtuSeen& seen);

}  // namespace flatlan::trial
