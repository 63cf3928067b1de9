#pragma once

#include <poll.h>

#include <chrono>

namespace flatlan::support {

/// Asks until `condition()` is true or the time is over, and says which. For what the kernel or
/// another process does a moment later; the time is never part of what a test proves.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds within = std::chrono::seconds{10}) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::poll(nullptr, 0, 1);  // a millisecond, so that others have the processor
    }
    return true;
}

}  // namespace flatlan::support
