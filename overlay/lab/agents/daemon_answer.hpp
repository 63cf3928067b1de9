#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::lab {

/// What a node's daemon alone knows of its tunnel.
struct DaemonAnswer {
    std::uint64_t repairs = 0;
    std::vector<tunnel::PathMtu> narrow_paths{};
};

/// Asks the daemon that listens on the socket (`flatlan node status`, tools/daemon/api). Errors:
/// unavailable when none does, timed_out when it says nothing for two seconds, corrupt.
Result<DaemonAnswer> ask_daemon(const std::string& socket_path);

}  // namespace flatlan::lab
