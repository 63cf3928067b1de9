#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What on a real host breaks pods' networking: `flatlan doctor --node`.
namespace flatlan::doctor {

/// How one thing serves the node.
enum class NodeState : std::uint8_t {
    ok,
    doubtful,  ///< it may break something, or could not be seen
    broken,    ///< packets of pods are lost, or will be
};

/// "ok", "doubtful" or "broken".
std::string_view to_string(NodeState state);

/// One thing that was looked at, judged. The texts are for people, without a full stop.
struct NodeCheck {
    std::string name;  ///< "forward filter"; never renamed, scripts look for it
    NodeState state = NodeState::ok;
    std::string found{};
    std::string breaks{};  ///< what happens because of it; empty when all is well
    std::string mend{};    ///< a command; empty: none is known, or nothing to mend
};

/// All that was looked at on one host, in the order in which people should read it.
struct NodeReport {
    std::string node{};      ///< its name; empty before the daemon has joined
    std::string underlay{};  ///< "eth1 192.168.56.11"; empty when nothing says which it is
    std::vector<NodeCheck> checks;

    /// Whether nothing is broken.
    bool healthy() const;
};

}  // namespace flatlan::doctor
