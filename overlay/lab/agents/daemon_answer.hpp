#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// A daemon's socket below its node's /run.
inline constexpr const char* kDaemonSocket = "flatlan/flatland.sock";

/// What a node's daemon alone knows of its tunnel.
struct DaemonAnswer {
    std::uint64_t repairs = 0;
    std::vector<tunnel::PathMtu> narrow_paths{};
};

/// Asks the daemon of the node whose /run this is (`flatlan node status`, tools/daemon/api).
/// Errors: unavailable when none does, timed_out when it has not answered after two seconds,
/// corrupt.
Result<DaemonAnswer> ask_daemon(const UniqueFd& run);

}  // namespace flatlan::lab
