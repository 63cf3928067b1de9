#include "tools/daemon/probes/run_records.hpp"

#include <poll.h>

#include <algorithm>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

constexpr Duration kLook = std::chrono::milliseconds{50};

}  // namespace

Result<void> RunRecords::poll(Duration timeout) {
    if (ended_()) return Error{ErrorCode::interrupted, "this program ends"};
    const auto polled = mirror_.poll(timeout);
    if (polled && !anchor_.empty() && !has(anchor_))
        return Error{ErrorCode::interrupted, "nobody wants the test any more"};
    if (polled) return success();
    if (polled.error().code() != ErrorCode::unavailable) return polled.error();
    ::poll(nullptr, 0, static_cast<int>(kLook / std::chrono::milliseconds{1}));
    return success();
}

Result<bool> RunRecords::wait(const std::function<bool()>& holds, Instant deadline) {
    while (!holds()) {
        const Duration left = deadline - probe::monotonic_now();
        if (left <= Duration::zero()) return false;
        FLATLAN_TRY_VOID(poll(std::min(left, kLook)));
    }
    return true;
}

Result<std::string> RunRecords::await(const std::string& key, Instant deadline) {
    FLATLAN_TRY(came, wait([&] { return has(key); }, deadline));
    if (!came) return Error{ErrorCode::timed_out, "nothing came at " + key};
    return *find(key);
}

const std::string* RunRecords::find(const std::string& key) const {
    const auto found = mirror_.records().find(key);
    return found == mirror_.records().end() ? nullptr : &found->second.value;
}

std::vector<std::string> RunRecords::all(std::string_view prefix) const {
    std::vector<std::string> values;
    for (auto at = mirror_.records().lower_bound(prefix);
         at != mirror_.records().end() && at->first.starts_with(prefix); ++at)
        values.push_back(at->second.value);
    return values;
}

}  // namespace flatlan::daemon
