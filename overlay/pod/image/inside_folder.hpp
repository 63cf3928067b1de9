#pragma once

#include <string>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan::pod {

/// Opens a path as if the folder were the root of the machine, for ".." and for links of whatever
/// kind (openat2(2), RESOLVE_IN_ROOT): what an image says cannot lead out of it. Empty when it
/// cannot be opened, and errno says why.
UniqueFd open_inside(int folder, const std::string& path, int flags);
/// The same of a path on which there is no symbolic link; errno is ELOOP where there is one.
UniqueFd open_inside_without_links(int folder, const std::string& path, int flags);

}  // namespace flatlan::pod
