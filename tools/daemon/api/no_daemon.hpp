#pragma once

#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// The error of a request that every daemon answers, with what would be right where none listens.
inline Error without_daemon(const Error& error) {
    if (error.code() != ErrorCode::unavailable) return error;
    return Error{error}.expecting(
        "a machine on which flatland runs, or its socket by --socket FILE");
}

}  // namespace flatlan::daemon
