#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The machine's hierarchies of cgroups, of either version, as far as containers need them. Paths
/// count from each hierarchy's root: "/flatlan/LAB".
namespace flatlan::pod {

/// Below this one is all that is ours.
inline constexpr std::string_view kCgroupRoot = "/flatlan/";

/// Where hierarchies are mounted.
std::vector<std::string> cgroup_hierarchies();
/// Whether groups can be made here: by root, where the machine has not made them read-only.
bool may_make_cgroups();
/// Whether the kernel ended a process of this group for want of memory.
bool was_out_of_memory(const std::string& path);
/// Removes the group and those below it from every hierarchy, and the one above it if that is empty
/// then. False when something stays, because it still has processes.
bool remove_cgroups(const std::string& path);

}  // namespace flatlan::pod
