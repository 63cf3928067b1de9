#pragma once

#include <string>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/lab/ipam_report.hpp"
#include "tools/daemon/api/node_status.hpp"

/// What a program on a node can ask its `flatland`: HTTP/1.1 with JSON on a Unix socket of mode
/// 0600. Only the daemon speaks with the registry.
///
///     GET  /v1/node                    NodeStatus
///     GET  /v1/ipam                    the node's leases beside the registry's claims (IpamReport)
///     POST /v1/ipam/release            body: leases; ends those that still nobody uses
///     GET  /v1/claims                  what the registry has of the node's claims (NodeClaims)
///     POST /v1/rebuild/confirm         claims go on without the members that are waited for
///     POST /v1/nodes/NAME/remove       takes the blocks of a node that is gone (NodeRemoved)
///     POST /v1/nodes/NAME/remove/forced    the same of one that is alive
///
/// A refusal is as in overlay/lab/api_message.hpp.
namespace flatlan::daemon {

/// Where `flatland` listens unless it is told otherwise.
inline constexpr std::string_view kSocketPath = "/run/flatlan/flatland.sock";

// Each call is one exchange. Error unavailable when no daemon answers at `socket`; otherwise the
// daemon's own, among them the registry's.
Result<NodeStatus> get_node_status(const std::string& socket);
/// Which address is whose, and what is wrong; where the registry cannot be asked it says so
/// (IpamReport::registry_error) and tells what is known without it.
Result<lab::IpamReport> get_ipam(const std::string& socket);
/// Ends those of the leases that are still as they are here and still used by nobody.
Result<std::vector<lab::IpamReport::HeldLease>> release_unused(
    const std::string& socket, const std::vector<lab::IpamReport::HeldLease>& leases);
Result<NodeClaims> get_claims(const std::string& socket);
/// Error not_found when the cluster has no epoch yet.
Result<void> confirm_rebuild(const std::string& socket);
/// Errors: not_found for a name of which the registry has nothing, conflict for a node that is
/// alive, unless forced.
Result<NodeRemoved> remove_node(const std::string& socket, const NodeName& name, bool forced);

}  // namespace flatlan::daemon
