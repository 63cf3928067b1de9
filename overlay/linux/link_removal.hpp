#pragma once

#include "overlay/base/result.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// As remove_link, for a program that is to end soon: returns once nobody finds the interface any
/// more, nor the other end of a veth, and its name is free. The kernel then waits for its last
/// readers before it frees the device (netdev_run_todo, rcu_barrier), most of what a removal takes;
/// a process that this forks waits for that in the caller's place, with nothing of it open but the
/// network namespace, and ends with it.
Result<void> remove_link_and_let_it_go(const Namespace& network, const InterfaceName& name);

}  // namespace flatlan
