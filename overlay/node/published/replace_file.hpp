#pragma once

#include <filesystem>
#include <string_view>

#include "overlay/base/result.hpp"

namespace flatlan::node {

/// Puts a file with this text in the place of another: a reader sees the one before or this one,
/// whole (mode 0644; the folder is made where it is missing). Does not outlast a power failure.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text);

}  // namespace flatlan::node
