#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {

/// Exit status of a launched process that could not become root of its namespaces; the refused step
/// is the last line of its log. EX_NOPERM of sysexits.h.
inline constexpr int kRefusedByMachine = 77;

/// A started supervisor: its process id, and a descriptor that becomes readable when it ends
/// (pidfd).
struct Launched {
    pid_t pid = 0;
    UniqueFd process;
};

/// Starts `body` in a process of its own that is PID 1 of new PID, mount, IPC, UTS and network
/// namespaces, and of a new user namespace too when this process may not make the others without
/// one. In there it is root with every capability, `/` is private, `/proc` is the new namespace's,
/// and nothing of the terminal is left: input is /dev/null, output goes to `log_path`. The process
/// ends with what `body` returns. `keep` are the descriptors that it keeps.
///
/// Error forbidden when the machine does not allow it; the text names the step. This process must
/// have one thread.
Result<Launched> launch(const std::function<int()>& body, const std::string& log_path,
                        std::vector<int> keep);

}  // namespace flatlan::lab
