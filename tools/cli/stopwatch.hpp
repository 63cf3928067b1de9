#pragma once

#include <chrono>

#include "overlay/base/time.hpp"

namespace flatlan::cli {

/// How long something took, by the monotonic clock.
class Stopwatch {
public:
    Duration elapsed() const { return std::chrono::steady_clock::now() - started_; }

private:
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace flatlan::cli
