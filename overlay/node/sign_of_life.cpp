#include "overlay/node/sign_of_life.hpp"

namespace flatlan::node {

Result<void> SignOfLife::give(registry::Revision known) {
    if (session_) {
        auto kept = registry_.keep_alive(*session_);
        if (kept || kept.error().code() != ErrorCode::not_found) return kept;
        session_.reset();
    }
    FLATLAN_TRY(session, registry_.open_session(time_to_live_));
    FLATLAN_TRY_VOID(registry_.put(key_, value_, known, session));
    session_ = session;
    return success();
}

Result<void> SignOfLife::end() {
    if (!session_) return success();
    FLATLAN_TRY_VOID(registry_.close_session(*session_));
    session_.reset();
    return success();
}

}  // namespace flatlan::node
