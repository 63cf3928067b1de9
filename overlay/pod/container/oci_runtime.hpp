#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "overlay/base/result.hpp"

namespace flatlan::pod {

/// An OCI runtime and the way in which it works on this machine.
struct OciRuntime {
    std::string program;               ///< the path of runc, crun or another of their flags
    std::vector<std::string> flags{};  ///< before the verb
    std::string state_folder{};        ///< where it notes its containers
    bool with_cgroups = false;

    /// The command that starts the container of a bundle and ends once it runs. Whose log is the
    /// file: one JSON object a line.
    std::vector<std::string> run_command(const std::string& id, const std::string& bundle,
                                         const std::string& pid_file,
                                         const std::string& log_file) const;
    /// The same for a further process in a running container.
    std::vector<std::string> exec_command(const std::string& id, const std::string& pid_file,
                                          const std::string& log_file,
                                          const std::vector<std::string>& command) const;
};

/// What may work here, the best first: each runtime that is installed, with cgroups where `rights`
/// say that they can be made, and without.
std::vector<OciRuntime> candidate_runtimes(bool may_make_cgroups, const std::string& state_folder);

/// The process id that a runtime noted in a file; 0 when there is none.
pid_t read_pid(const std::string& pid_file);

/// What a runtime said last in its log: the message of its last line, or empty.
std::string last_message(const std::string& log_file);

}  // namespace flatlan::pod
