#pragma once

#include <cstdint>

#include "overlay/base/result.hpp"

namespace flatlan {

/// Raises how many files this process may have open to the most that it is allowed, and returns
/// that. A lab holds one descriptor per pod.
Result<std::uint64_t> raise_open_files_limit();

}  // namespace flatlan
