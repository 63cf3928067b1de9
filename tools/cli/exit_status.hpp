#pragma once

#include <cstdint>

#include "overlay/base/result.hpp"

namespace flatlan::cli {

/// How a program of ours ends. `exec` passes on any other value that its command ended with.
enum class ExitStatus : std::uint8_t {
    yes = 0,            ///< done; the answer is yes
    no = 1,             ///< the answer is no (unreachable, check failed), or it could not be done
    wrong_input = 2,    ///< wrong use or wrong input: a person has to change something
    forbidden = 3,      ///< the machine does not allow it
    bug = 4,            ///< a promise of our own code did not hold
    exec_failed = 125,  ///< `exec` itself failed, not its command (as `env` and `chroot` do)
};

/// The one place that says which failure ends the program how.
ExitStatus exit_status_of(ErrorCode code);

/// From now on an abort, as of a FLATLAN_CHECK or an exception that nobody caught, ends the program
/// with ExitStatus::bug instead of a signal.
void end_bugs_with_their_own_status();

}  // namespace flatlan::cli
