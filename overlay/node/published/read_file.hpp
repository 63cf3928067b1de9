#pragma once

#include <filesystem>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::node {

/// All that a file holds. Errors not_found, forbidden or the kernel's own: "read 'PATH': ...". Of a
/// folder, which container engines make where a file to be mounted is missing, it says that a file
/// is expected.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace flatlan::node
