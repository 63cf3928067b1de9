#pragma once

#include <filesystem>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// The CNI configuration list by which runtimes call flatlan-cni, one line of JSON. It asks for
/// version 1.0.0, which older runtimes know too.
std::string conflist_json(const std::string& network, const std::filesystem::path& node_file);

/// Writes it in one step, unless it stands there already; says whether it did.
Result<bool> ensure_conflist(const std::filesystem::path& path, const std::string& text);

}  // namespace flatlan::daemon
