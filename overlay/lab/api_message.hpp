#pragma once

#include <string>

#include "overlay/base/result.hpp"

/// The supervisor's API: HTTP/1.1 with JSON on a Unix socket of mode 0600.
///
///     GET  /v1/lab                     the lab as it is (LabStatus)
///     GET  /v1/lab/daemons             the same, with what its nodes' daemons alone know
///     GET  /v1/lab/peers               that too, each node's tunnel peer by peer
///     POST /v1/apply                   body: a lab file; answers with an ApplyReport
///     POST /v1/scale                   body: a ScaleRequest; answers with a ScaleReport
///     GET  /v1/ipam                    its blocks, leases and what is wrong (IpamReport)
///     POST /v1/ipam/release            body: leases; ends those that still nobody uses
///     POST /v1/upkeep/on               puts its tunnels right, now and from now on
///     POST /v1/upkeep/off              lets them be
///     POST /v1/nodes/NAME/stop         takes the node's power away
///     POST /v1/nodes/NAME/start        and gives it back
///     GET  /v1/faults                  what somebody made go wrong, and has not taken away
///     POST /v1/faults                  body: a FaultRequest; answers with what was made
///     POST /v1/faults/remove/NUMBER    takes one away, or with "all" each
///     POST /v1/down                    ends the lab; the answer comes when its devices are gone
///     GET  /v1/pods/NAMESPACE/NAME     descriptors of the pod's namespaces, for `exec`
///     GET  /v1/pods/NAMESPACE/NAME/containers/CONTAINER   what `exec` needs besides, to join it
///     GET  /v1/nodes/NAME              the same of a node
///     GET  /v1/underlay                the same of what connects the nodes
///
/// A refusal is {"error": {"code", "message", "where", "expected"}} with a status of 400 and up.
namespace flatlan::lab {

/// What a client asks of a supervisor.
struct ApiRequest {
    std::string method;  ///< "GET" or "POST"
    std::string path;    ///< as sent, without decoding: names are DNS labels
    std::string body;
};

/// What it is answered.
struct ApiResponse {
    unsigned status = 200;
    std::string body;
    bool last = false;  ///< the server stops once this answer is sent
    std::string content_type = "application/json";
};

/// The path of a Unix socket may have so many octets (unix(7), sun_path).
inline constexpr std::size_t kSocketPathSizeMax = 107;
/// Error invalid_argument for a longer one.
Result<void> check_socket_path(const std::string& path);

/// The JSON object in which every refusal is told.
std::string error_to_json(const Error& error);
/// The Error that such an object tells; code `corrupt` when the text is not one.
Error error_from_json(std::string_view text);

/// A refusal as an answer, with the HTTP status that fits its code.
ApiResponse refuse(const Error& error);

}  // namespace flatlan::lab
