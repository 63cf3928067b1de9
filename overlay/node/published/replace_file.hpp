#pragma once

#include <filesystem>
#include <string_view>

#include "overlay/base/result.hpp"

namespace flatlan::node {

/// Whether what is written is on the disk before it takes its name; else a power failure may leave
/// the name with a file that is cut off.
enum class Synced : bool { no, yes };

/// Puts a file with this text in the place of another: a reader sees the one before or this one,
/// whole (mode 0644; the folder is made where it is missing).
Result<void> replace_file(const std::filesystem::path& path, std::string_view text, Synced synced);

}  // namespace flatlan::node
