#pragma once

#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// What is wrong with a node, for its log, its service manager and `flatlan node status`: the
/// error, and where the registry of a node that has joined is away what works without it and what
/// does not.
std::string trouble_text(const Error& error, bool joined);

}  // namespace flatlan::daemon
