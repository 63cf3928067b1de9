#pragma once

namespace flatlan::daemon {

/// Reads flatlan-cni into memory in large pages wherever a runtime of this machine would look for
/// it: a call begins sooner so, the first after a boot most of all. What comes of it is logged; a
/// call works without.
void cache_plugin();

}  // namespace flatlan::daemon
