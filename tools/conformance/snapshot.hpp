#pragma once

#include <set>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"

namespace flatlan::conformance {

/// What stands in a network namespace: interfaces, addresses, routes, neighbours that somebody
/// entered; each as words. What the kernel makes and takes back by itself, link-local addresses and
/// what it learns, is left out.
using Snapshot = std::set<std::string>;

Result<Snapshot> take_snapshot(const Namespace& network);

/// What is in `after` and was not before.
std::vector<std::string> added(const Snapshot& before, const Snapshot& after);

}  // namespace flatlan::conformance
