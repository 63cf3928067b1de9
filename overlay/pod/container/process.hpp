#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::pod {

/// Where a started program's input comes from and its output goes to: descriptors of the caller.
struct StandardStreams {
    int input;
    int output;
    int error;
};

/// Starts a program, given by its path, with every signal as it is by default and nothing open but
/// the three streams. Whoever waits for this process's children learns of its end.
Result<pid_t> spawn(const std::vector<std::string>& command, const StandardStreams& streams);

/// A pipe whose ends are closed on exec; the end to read from never blocks.
struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
    static Result<Pipe> open();
};

/// Makes the folder and those above it that are missing, with mode 0755.
Result<void> make_folders(const std::string& path);
/// Makes or replaces a file.
Result<void> write_whole_file(const std::string& path, std::string_view text);
/// The file's text; empty when it cannot be read.
std::string read_whole_file(const std::string& path);

}  // namespace flatlan::pod
