#include "tools/daemon/trouble_text.hpp"

namespace flatlan::daemon {

std::string trouble_text(const Error& error, bool joined) {
    const bool away =
        error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timed_out;
    if (!away || !joined) return error.to_string();
    return error.to_string() +
           "; meanwhile this node gives addresses of its own blocks and reaches the nodes that it "
           "knows, but claims no block, and no node joins or is removed";
}

}  // namespace flatlan::daemon
