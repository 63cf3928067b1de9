#pragma once

#include "overlay/base/result.hpp"

namespace flatlan {

/// Whether this process's user namespace has one user, as an ordinary user's has that was made
/// without newuidmap (user_namespaces(7)). Error when /proc/self/uid_map cannot be read.
Result<bool> has_single_user();

/// From now on a change of user, group or supplementary groups, or of a file's owner, succeeds and
/// does nothing, in this process and in those that it starts. For a namespace with a single user,
/// in which there is nobody else to become: programs that are started by root and then give that
/// up, as tcpdump does, would end there with "Operation not permitted". Needs CAP_SYS_ADMIN in the
/// user namespace (seccomp(2)).
Result<void> ignore_identity_changes();

}  // namespace flatlan
