#pragma once

#include <span>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// A setting under /proc/sys, such as {"net/ipv4/ip_forward", "1"}. Those under net/ are of the
/// network namespace of the thread that asks.
struct Sysctl {
    std::string path;
    std::string value;
    bool if_there = false;  ///< right as it is where the kernel has no such setting
};

/// The value, without the line's end. Error not_found when the kernel has no such setting.
Result<std::string> read_sysctl(const Namespace& network, std::string_view path);
/// Makes the settings so, in order, and says how many had another value. Writes only those, so it
/// succeeds where /proc/sys is read-only and all is right already.
Result<std::size_t> ensure_sysctls(const Namespace& network, std::span<const Sysctl> wanted);

}  // namespace flatlan
