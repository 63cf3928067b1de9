#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// What the daemon has done since it was started; written by its own thread, read by any.
struct DaemonCounts {
    static constexpr std::size_t kCodes = static_cast<std::size_t>(ErrorCode::system) + 1;

    std::atomic<std::uint64_t> rounds = 0;
    std::array<std::atomic<std::uint64_t>, kCodes> failed_rounds{};  ///< by ErrorCode
    std::atomic<std::uint64_t> reloads = 0;
    std::atomic<std::uint64_t> failed_reloads = 0;
    std::atomic<bool> last_reload_failed = false;

    void count_failure(ErrorCode code) { ++failed_rounds[static_cast<std::size_t>(code)]; }
};

}  // namespace flatlan::daemon
