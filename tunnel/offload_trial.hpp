#pragma once

#include <cstdint>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::tunnel {

/// What packets told of the offloads that a tunnel's device uses.
struct OffloadVerdict {
    /// A peer answered: of this device there is nothing more to try.
    bool known = false;
    /// What had to be switched off and why, one sentence; empty: nothing.
    std::string note{};
};

/// Packets to a peer that are to tell whether the offloads in use can be trusted. It needs nothing
/// of its backend, which may change the tunnel, or end, while answers are waited for.
class OffloadTrial {
public:
    /// `device`: which of the backend's devices is tried, counted as they were made. `number`: how
    /// many trials of that device nobody answered before.
    OffloadTrial(std::uint64_t device, std::uint32_t number) : device_{device}, number_{number} {}
    OffloadTrial(const OffloadTrial&) = delete;
    OffloadTrial& operator=(const OffloadTrial&) = delete;
    virtual ~OffloadTrial() = default;

    std::uint64_t device() const { return device_; }
    std::uint32_t number() const { return number_; }

    /// Switches off what corrupts. One round trip where all is well, up to two seconds where nobody
    /// answers. Error interrupted once the descriptor `stop` is readable (-1: none); after an error
    /// every offload is as before.
    virtual Result<OffloadVerdict> run(int stop) = 0;

private:
    std::uint64_t device_;
    std::uint32_t number_;
};

}  // namespace flatlan::tunnel
