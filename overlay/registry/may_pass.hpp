#pragma once

#include "overlay/base/result.hpp"

namespace flatlan::registry {

/// Whether the same question may be answered later, though nobody does anything but wait: the
/// registry is away, or was too slow.
inline bool may_pass(const Error& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timed_out;
}

}  // namespace flatlan::registry
