#pragma once

#include <optional>

#include "overlay/control/member_records.hpp"
#include "overlay/registry/registry.hpp"

namespace flatlan::node {

/// Tells the others that a node is alive: a record under a session that it keeps. That it goes
/// frees nothing (ruling 1); it only begins the time after which a node counts as gone for good.
class SignOfLife {
public:
    SignOfLife(registry::Registry& registry, const control::MemberKeys& keys,
               const ipam::NodeIdentity& node, Duration time_to_live)
        : registry_{registry},
          key_{keys.alive(node.name)},
          value_{control::alive_record(node.incarnation)},
          time_to_live_{time_to_live} {}

    /// Keeps the session alive, or begins a new one where it has ended. `known` is the revision of
    /// the record, as far as the caller knows; error conflict when it is another.
    Result<void> give(registry::Revision known);
    /// Ends it at once, when the node leaves.
    Result<void> end();

    Duration time_to_live() const { return time_to_live_; }

private:
    registry::Registry& registry_;
    std::string key_;
    std::string value_;
    Duration time_to_live_;
    std::optional<registry::SessionId> session_;
};

}  // namespace flatlan::node
