#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/probe/trial/trial.hpp"

namespace flatlan::trial {

/// The order in which numbered packets came.
struct Arrivals {
    std::uint32_t came = 0;       ///< different ones
    std::uint32_t twice = 0;      ///< came again
    std::uint32_t overtaken = 0;  ///< came after one with a greater number

    /// Of the numbers as they came, all below `count`.
    static Arrivals of(std::span<const std::uint32_t> numbers, std::uint32_t count);
    friend bool operator==(const Arrivals&, const Arrivals&) = default;
};

/// What came of a short stream of small packets, each of which is answered.
struct StreamSeen {
    std::uint32_t sent = 0;
    Arrivals requests{};
    Arrivals answers{};

    std::uint32_t lost() const { return sent - answers.came; }
};

/// Empty when each packet came once, and all in order, there and back.
std::optional<Shortcoming> judge(const StreamSeen& seen);

}  // namespace flatlan::trial
