#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

/// The programs that a supervisor runs. It is PID 1 of its namespace, so every orphan's end is told
/// to it besides those of its own children: one place waits for all of them, and knows whose they
/// are.
namespace flatlan::lab {

/// A program to run, and where.
struct ProgramStart {
    std::vector<std::string> words;        ///< the program's path first; not looked for in PATH
    std::vector<std::string> environment;  ///< all of it, "NAME=value"
    /// Descriptors of namespaces that it is to be in, entered in this order; it is in ours
    /// otherwise. The program is opened before.
    std::vector<int> namespaces{};
    /// Its standard streams; -1: /dev/null.
    int input = -1;
    int output = -1;
    int errors = -1;
};

/// Starts it; what is open here is closed there. Error: what the kernel says. A program that cannot
/// be executed after all ends with status 127.
Result<pid_t> start_program(const ProgramStart& start);

/// Waits for the end of a program that start_program has started, and says how it ended, as
/// waitpid(2) does. To be asked until it has said so once.
int wait_for_program(pid_t program);
/// The same at once; empty while it runs.
std::optional<int> poll_program(pid_t program);

/// "status 1", "signal 9".
std::string text_of_end(int wait_status);

/// Hears of all children that have ended; to be called at each SIGCHLD. While nobody calls it,
/// those who wait do it themselves.
void reap_children();

/// Called with every other child that has ended (an orphan, or a container), on whatever thread
/// waited for it; empty: nobody is.
void hear_of_other_children(std::function<void(pid_t child, int wait_status)> listener);

/// This process's own environment, without what a service manager says to it alone.
std::vector<std::string> inherited_environment();

}  // namespace flatlan::lab
