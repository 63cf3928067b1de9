#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "overlay/probe/trial/trial.hpp"

namespace flatlan::trial {

/// Octets that look like chance, the same for both ends: what a transfer carries from any place on.
class Pattern {
public:
    /// The same seed gives the same octets.
    explicit Pattern(std::uint64_t seed);

    /// As many as there are in one piece from `offset` on, at least one.
    std::span<const std::byte> from(std::uint64_t offset) const;
    /// How many of `octets`, at `offset` of a transfer, are as they should be.
    std::size_t count_equal(std::uint64_t offset, std::span<const std::byte> octets) const;

private:
    std::vector<std::byte> octets_;
};

/// What came of a transfer by TCP, from when its first octet was to be sent.
struct TransferSeen {
    std::uint64_t octets = 0;   ///< that were to be sent
    std::uint64_t arrived = 0;  ///< unchanged
    bool connected = false;
    bool changed = false;  ///< what came next was something else
    int errno_value = 0;   ///< how a socket failed; 0: it did not
};

/// Empty when all arrived unchanged.
std::optional<Shortcoming> judge(const TransferSeen& seen);

}  // namespace flatlan::trial
