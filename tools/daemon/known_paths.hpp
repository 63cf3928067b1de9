#pragma once

#include <filesystem>
#include <vector>

#include "overlay/base/result.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::daemon {

/// The node's ways that pass less than the underlay promises, as they were known last: what a
/// daemon that starts again goes by until it has probed them, so that pods' routes stay as they
/// are. A line each: the other node's name and the octets. None where there is no file.
/// Error corrupt for any other text.
Result<std::vector<tunnel::PathMtu>> load_paths(const std::filesystem::path& file);
/// Writes the file, whole or not at all. It need not last longer than the machine is on.
Result<void> save_paths(const std::filesystem::path& file,
                        const std::vector<tunnel::PathMtu>& paths);

}  // namespace flatlan::daemon
