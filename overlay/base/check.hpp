#pragma once

namespace flatlan {

/// Prints `condition`, file and line on standard error and aborts. Never returns.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace flatlan

/// A promise that our own code must keep, in every build: when it does not hold, the program
/// aborts. Not for input, packets or the machine: those fail with a Result.
#define FLATLAN_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::flatlan::check_failed(#condition, __FILE__, __LINE__))
