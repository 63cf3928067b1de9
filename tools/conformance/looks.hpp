#pragma once

#include "overlay/linux/link.hpp"
#include "tools/conformance/stage.hpp"

/// What clauses look for in a container, and do to it behind the plugin's back.
namespace flatlan::conformance {

Step<std::optional<Link>> find_interface(const Container& container, const std::string& name);
/// An objection when there is none.
Step<Link> get_interface(const Container& container, const std::string& name);

/// A plugin that does not make an interface, but changes one: it stands behind others in a list.
Step<void> must_make_interfaces(const Stage& stage);

/// Makes an interface in the container, as a person might.
Step<void> make_interface(const Container& container, const std::string& name);
Step<void> remove_interface(const Container& container, const std::string& name);

/// Attaches one container and takes it away again, so that what is made once for all (a bridge) is
/// there, and returns how the node is then.
Step<Snapshot> settled_node(Stage& stage);

/// DEL, and then nothing of the attachment may be left in the container or on the node.
Step<void> del_wholly(Stage& stage, const Attachment& attachment, const Snapshot& node_before);

}  // namespace flatlan::conformance
