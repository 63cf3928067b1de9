#pragma once

#include <cstdint>

#include "overlay/base/result.hpp"

namespace flatlan {

/// Octets that nobody can foretell (getrandom(2)). Error of the kernel.
Result<std::uint64_t> draw_random();

}  // namespace flatlan
