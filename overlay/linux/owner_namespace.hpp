#pragma once

#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// Moves this process into the user namespace that owns a network namespace, where it has every
/// capability, and into that network namespace, to which its threads may come back from others.
/// For namespaces that an ordinary user's programs made, such as rootless containers. Where the
/// process is in that user namespace already, nothing changes. The process must have one thread.
/// Error forbidden when the user namespace is another user's, or one outside of this one.
Result<void> join_owner(const Namespace& network);

}  // namespace flatlan
