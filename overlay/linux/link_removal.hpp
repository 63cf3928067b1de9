#pragma once

#include "overlay/base/result.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// As remove_link, for a program that is to end soon: returns once nobody finds the interface any
/// more, nor the other end of a veth, and its name is free. The kernel then waits for its last
/// readers before it frees the device (netdev_run_todo, rcu_barrier), most of what a removal takes;
/// a process that this forks waits for that in the caller's place and ends with it. Of what the
/// caller had open it keeps a netlink socket and one end of a pipe.
Result<void> remove_link_and_let_it_go(const Namespace& network, const InterfaceName& name);

}  // namespace flatlan
