#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "overlay/base/result.hpp"

/// Mounts in this process's mount namespace, which no other shares.
namespace flatlan::pod {

/// A file system in memory that holds at most so much; makes the folder.
Result<void> mount_tmpfs(const std::string& folder, std::uint64_t size_max_bytes);
/// Shows a file or folder of the host at another place, read-only with all that is mounted below
/// it, or writable. Of a runtime's mount only the top is read-only.
Result<void> bind_host_path(const std::string& source, const std::string& target, bool writable);
/// The same of what is open as `source` (O_PATH is enough), whatever its path leads to by now.
Result<void> bind_opened(int source, const std::string& target, bool writable);
/// Unmounts what is mounted there, now or when its last user is gone, and removes the folder;
/// succeeds when there is nothing.
void remove_mounted_folder(const std::string& folder);

}  // namespace flatlan::pod
