#include "tools/daemon/trouble_text.hpp"

#include "overlay/registry/may_pass.hpp"

namespace flatlan::daemon {

std::string trouble_text(const Error& error, bool joined, bool gives) {
    if (!registry::may_pass(error) || !joined) return error.to_string();
    return error.to_string() + "; meanwhile this node " +
           (gives ? "gives addresses of its own blocks and " : "") +
           "reaches the nodes that it knows, but " + (gives ? "" : "gives no address, ") +
           "claims no block, and no node joins or is removed";
}

}  // namespace flatlan::daemon
