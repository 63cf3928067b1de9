#include "tools/daemon/probes/run_records.hpp"

#include <poll.h>

#include <algorithm>

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/page_writer.hpp"
#include "overlay/probe/io/epoll.hpp"
#include "overlay/registry/may_pass.hpp"

namespace flatlan::daemon {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 50ms;
constexpr Duration kKeepAlive = 2s;
constexpr Duration kSilenceMax = 8s;
static_assert(kSilenceMax < kSessionTime);

std::string piece_of(const std::string& key, std::size_t number) {
    return key + "/" + std::to_string(number);
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
    if (kept || (registry::may_pass(kept.error()) && now - kept_at_ < kSilenceMax))
        return success();
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
    if (!registry::may_pass(polled.error())) return polled.error();
    return success();
}

Result<void> RunRecords::put_pages(const std::string& key, const std::vector<std::string>& pages,
                                   const std::string& conclusion) {
    for (std::size_t page = 0; page < pages.size(); ++page)
        FLATLAN_TRY_VOID(put(piece_of(key, page), pages[page]));
    return put(key, conclusion);
}

Result<void> RunRecords::put_long(const std::string& key, std::string_view record) {
    std::vector<std::string> pieces;
    for (; !record.empty(); record.remove_prefix(pieces.back().size()))
        pieces.emplace_back(record.substr(0, probe::kNotePageMaxBytes));
    return put_pages(key, pieces, std::to_string(pieces.size()));
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

Result<std::string> RunRecords::await_long(const std::string& key, Instant deadline) {
    FLATLAN_TRY(text, await(key, deadline));
    const auto count = control::number(text);
    if (!count) return Error{ErrorCode::corrupt, key + " does not say how many pieces it has"};
    std::string record;
    for (std::uint64_t i = 0; i < *count; ++i) {
        const std::string* const piece = find(piece_of(key, i));
        if (piece == nullptr)
            return Error{ErrorCode::corrupt,
                         "piece " + std::to_string(i) + " of " + key + " is missing"};
        record += *piece;
    }
    return record;
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
