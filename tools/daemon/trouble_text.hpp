#pragma once

#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::daemon {

/// What is wrong with a node, for its log, its service manager and `flatlan node status`: the
/// error, and where the registry of a node that has joined is away what works without it and what
/// does not. `gives`: whether it may still give addresses (node::may_give).
std::string trouble_text(const Error& error, bool joined, bool gives);

}  // namespace flatlan::daemon
