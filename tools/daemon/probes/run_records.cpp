#include "tools/daemon/probes/run_records.hpp"

#include <poll.h>

#include <algorithm>

#include "overlay/probe/io/epoll.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 50ms;
constexpr Duration kKeepAlive = 2s;
constexpr Duration kSilenceMax = 8s;
static_assert(kSilenceMax < kSessionTime);

/// Whether asking again may help.
bool may_pass(const Error& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timed_out;
}

}  // namespace

RunRecords::~RunRecords() {
    // Where the registry does not answer, the session's time passes.
    if (session_) static_cast<void>(registry_.close_session(*session_));
}

Result<void> RunRecords::open_session() {
    FLATLAN_TRY(session, registry_.open_session(kSessionTime));
    session_ = session;
    kept_at_ = asked_at_ = probe::monotonic_now();
    return success();
}

Result<void> RunRecords::keep_session() {
    const Instant now = probe::monotonic_now();
    if (!session_ || now - asked_at_ < kKeepAlive) return success();
    asked_at_ = now;
    const auto kept = registry_.keep_alive(*session_);
    if (kept) kept_at_ = probe::monotonic_now();
    if (kept || (may_pass(kept.error()) && now - kept_at_ < kSilenceMax)) return success();
    return Error{kept.error()}.within("keep up a test of the cluster");
}

Result<void> RunRecords::put(const std::string& key, const std::string& value) {
    FLATLAN_TRY(revision, registry_.put(key, value, {}, session_.value_or(registry::SessionId{})));
    static_cast<void>(revision);
    return success();
}

Result<void> RunRecords::poll(Duration timeout) {
    if (ended_()) return Error{ErrorCode::interrupted, "this program ends"};
    FLATLAN_TRY_VOID(keep_session());
    const auto polled = mirror_.poll(timeout);
    if (polled && !anchor_.empty() && !has(anchor_))
        return Error{ErrorCode::interrupted, "nobody wants the test any more"};
    if (polled) return success();
    ::poll(nullptr, 0, static_cast<int>(kLook / 1ms));  // it is not asked again at once
    if (!may_pass(polled.error())) return polled.error();
    return success();
}

Result<void> RunRecords::put_pages(const std::string& key, const std::vector<std::string>& pages,
                                   const std::string& conclusion) {
    for (std::size_t page = 0; page < pages.size(); ++page)
        FLATLAN_TRY_VOID(put(key + "/" + std::to_string(page), pages[page]));
    return put(key, conclusion);
}

Result<bool> RunRecords::wait(const std::function<bool()>& holds, Instant deadline) {
    while (!holds()) {
        const Duration left = deadline - probe::monotonic_now();
        if (left <= Duration::zero()) return false;
        FLATLAN_TRY_VOID(poll(std::min(left, kLook)));
    }
    return true;
}

Result<void> RunRecords::stay(Instant deadline) {
    FLATLAN_TRY(never, wait([] { return false; }, deadline));
    static_cast<void>(never);
    return success();
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
