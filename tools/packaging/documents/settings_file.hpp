#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "tools/daemon/settings.hpp"

namespace flatlan::packaging {

/// A settings file of `flatland` that names every setting: those of `chosen` (by path, with their
/// values) are in force, all others are commented out.
std::string settings_file(std::span<const daemon::Setting> settings,
                          const std::map<std::string, std::string, std::less<>>& chosen);

}  // namespace flatlan::packaging
