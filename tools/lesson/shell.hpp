#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "overlay/base/result.hpp"
#include "overlay/linux/interrupts.hpp"

namespace flatlan::lesson {

/// Where a step's commands are run.
struct ShellPlace {
    std::string folder;
    std::map<std::string, std::string> environment;  ///< added to this process's own
    const Interrupts* interrupts = nullptr;          ///< what ends the commands, if anything
};

/// What came of it.
struct ShellResult {
    int status = 0;  ///< 128 + N where signal N ended the shell
    std::string output;
};

/// Runs commands with sh(1) to their end, without an input. Both outputs come together; each piece
/// is handed to `sink` as it comes, and kept up to kOutputSizeMax. Error interrupted, and SIGTERM
/// to all that they started, where one of the place's interrupts came meanwhile.
inline constexpr std::size_t kOutputSizeMax = 1U << 20U;
Result<ShellResult> run_shell(const std::string& commands, const ShellPlace& place,
                              const std::function<void(std::string_view)>& sink);

}  // namespace flatlan::lesson
