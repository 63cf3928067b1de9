#pragma once

#include <string>

#include "tools/cni/request.hpp"

namespace flatlan::cni {

// Each in a file of its name. They return what goes to standard output; the network namespace of
// the calling thread is the node's.

/// Gives the container an interface. The lease is on disk before anything refers to it; when a step
/// fails, all before it are undone.
Outcome<std::string> add(const Request& request);
/// Takes it away again. Succeeds for what is gone.
Outcome<void> del(const Request& request);
/// Compares what is there with what ADD made and the runtime remembers.
Outcome<void> check(const Request& request);
/// Releases what belongs to attachments that are no more.
Outcome<void> gc(const Request& request);
/// Whether ADD would work now.
Outcome<void> status(const Request& request);
/// The versions that are supported.
std::string version(const Request& request);

/// Addresses alone, for another plugin (`ipam.type`).
Outcome<std::string> add_addresses(const Request& request);
Outcome<void> check_addresses(const Request& request);

}  // namespace flatlan::cni
