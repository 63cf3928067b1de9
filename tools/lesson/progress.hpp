#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::lesson {

/// How far somebody has come with an exercise. It is kept beside what else a running lab keeps, and
/// so is gone with the lab: one that was ended and started again is no exercise any more.
struct Progress {
    std::uint64_t seed = 0;  ///< of the draw
    std::size_t hints = 0;   ///< how many were shown
};

/// Empty where there is none. Error corrupt for a file that is none of ours.
Result<std::optional<Progress>> load_progress(const std::string& path);
Result<void> store_progress(const std::string& path, const Progress& progress);

}  // namespace flatlan::lesson
