#pragma once

#include <string>
#include <string_view>

namespace flatlan {

/// A path as it is, of a field of mountinfo or mounts (proc(5)), where blanks, tabs, ends of lines
/// and backslashes stand as three octal digits: "/mnt/a\040b".
std::string unescape_mount_path(std::string_view field);

}  // namespace flatlan
