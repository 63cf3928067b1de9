#include "overlay/registry/memory_registry.hpp"

#include <algorithm>

namespace flatlan::registry {

class MemoryRegistry::MemoryWatch final : public Watch {
public:
    MemoryWatch(MemoryRegistry& registry, std::string_view prefix, Revision after,
                std::function<void()> on_ready)
        : registry_{registry}, prefix_{prefix}, seen_{after}, on_ready_{std::move(on_ready)} {
        const std::lock_guard lock{registry_.mutex_};
        registry_.watches_.push_front(this);
        place_ = registry_.watches_.begin();
        if (on_ready_ && seen_ < registry_.revision_) on_ready_();
    }
    MemoryWatch(const MemoryWatch&) = delete;
    MemoryWatch& operator=(const MemoryWatch&) = delete;
    ~MemoryWatch() override {
        const std::lock_guard lock{registry_.mutex_};
        registry_.watches_.erase(place_);
    }

    Result<WatchBatch> next(Duration timeout) override {
        std::unique_lock lock{registry_.mutex_};
        registry_.expire_locked();
        WatchBatch batch = take();
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (batch.events.empty() && !batch.gap) {
            const bool late =
                registry_.changed_.wait_until(lock, deadline) == std::cv_status::timeout;
            registry_.expire_locked();
            batch = take();
            if (late) break;
        }
        return batch;
    }

    void handle_event(const Event& event) const {
        if (on_ready_ && event.record.key.starts_with(prefix_)) on_ready_();
    }

private:
    WatchBatch take() {
        if (seen_ < registry_.forgotten_ || seen_ > registry_.revision_) return {{}, true};
        WatchBatch batch;
        const auto& history = registry_.history_;
        const auto later = std::upper_bound(
            history.begin(), history.end(), seen_,
            [](Revision seen, const Event& event) { return seen < event.record.revision; });
        std::copy_if(later, history.end(), std::back_inserter(batch.events),
                     [&](const Event& event) { return event.record.key.starts_with(prefix_); });
        seen_ = std::max(seen_, registry_.revision_);
        return batch;
    }

    MemoryRegistry& registry_;
    std::string prefix_;
    Revision seen_;
    std::function<void()> on_ready_;
    std::list<MemoryWatch*>::iterator place_;
};

Result<RegistryState> MemoryRegistry::state() {
    const std::lock_guard lock{mutex_};
    expire_locked();
    return RegistryState{options_.cluster, revision_};
}

Result<Reading> MemoryRegistry::get_with_state(std::string_view key) {
    const std::lock_guard lock{mutex_};
    expire_locked();
    const auto found = records_.find(key);
    return Reading{{options_.cluster, revision_},
                   found == records_.end() ? std::nullopt : std::optional{found->second}};
}

Result<Page> MemoryRegistry::list(std::string_view prefix, std::string_view after,
                                  std::size_t limit) {
    const std::lock_guard lock{mutex_};
    expire_locked();
    Page page{.records = {}, .more = false, .revision = revision_};
    limit = std::min(limit, kPageSizeMax);
    auto at = after < prefix ? records_.lower_bound(prefix) : records_.upper_bound(after);
    for (; at != records_.end() && at->first.starts_with(prefix); ++at) {
        if (page.records.size() == limit) {
            page.more = true;
            break;
        }
        page.records.push_back(at->second);
    }
    return page;
}

Result<Revision> MemoryRegistry::put(std::string_view key, std::string_view value,
                                     Revision expected, SessionId session) {
    FLATLAN_TRY_VOID(check_record(key, value));
    const std::lock_guard lock{mutex_};
    expire_locked();
    if (session != SessionId{} && !sessions_.contains(session)) return session_ended(session);
    if (current_revision(key) != expected) return lost_swap(key, expected);
    Record record{std::string{key}, std::string{value}, {}, session};
    record.revision = record_event({record, false});
    records_.insert_or_assign(record.key, record);
    return record.revision;
}

Result<Revision> MemoryRegistry::remove(std::string_view key, Revision expected) {
    const std::lock_guard lock{mutex_};
    expire_locked();
    const auto found = records_.find(key);
    if (found == records_.end() || found->second.revision != expected)
        return lost_swap(key, expected);
    records_.erase(found);
    return record_event({{std::string{key}, {}, {}, {}}, true});
}

Result<SessionId> MemoryRegistry::open_session(Duration time_to_live) {
    const std::lock_guard lock{mutex_};
    const SessionId session{++last_session_};
    const Instant ends_at = options_.clock() + time_to_live;
    expire_at_ = sessions_.empty() ? ends_at : std::min(expire_at_, ends_at);
    sessions_.emplace(session, Session{time_to_live, ends_at});
    return session;
}

Result<void> MemoryRegistry::keep_alive(SessionId session) {
    const std::lock_guard lock{mutex_};
    expire_locked();
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return session_ended(session);
    found->second.ends_at = options_.clock() + found->second.time_to_live;
    return success();
}

Result<void> MemoryRegistry::close_session(SessionId session) {
    const std::lock_guard lock{mutex_};
    if (const auto found = sessions_.find(session); found != sessions_.end()) end_session(found);
    return success();
}

Result<std::unique_ptr<Watch>> MemoryRegistry::watch(std::string_view prefix, Revision after,
                                                     std::function<void()> on_ready) {
    return std::make_unique<MemoryWatch>(*this, prefix, after, std::move(on_ready));
}

void MemoryRegistry::expire() {
    const std::lock_guard lock{mutex_};
    expire_locked();
}

void MemoryRegistry::forget_history() {
    const std::lock_guard lock{mutex_};
    history_.clear();
    forgotten_ = revision_;
}

void MemoryRegistry::expire_locked() {
    if (sessions_.empty()) return;
    const Instant now = options_.clock();
    if (now < expire_at_) return;
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        const auto session = at++;
        if (now >= session->second.ends_at) end_session(session);
    }
    if (sessions_.empty()) return;
    const auto first = std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.ends_at < b.second.ends_at; });
    expire_at_ = first->second.ends_at;
}

void MemoryRegistry::end_session(std::map<SessionId, Session>::iterator session) {
    for (auto at = records_.begin(); at != records_.end();) {
        if (at->second.session != session->first) {
            ++at;
            continue;
        }
        Event event{{at->first, {}, {}, {}}, true};
        at = records_.erase(at);
        record_event(std::move(event));
    }
    sessions_.erase(session);
}

Revision MemoryRegistry::record_event(Event event) {
    revision_ = Revision{revision_.value() + 1};
    event.record.revision = revision_;
    history_.push_back(std::move(event));
    if (history_.size() > options_.history_max) {
        forgotten_ = history_.front().record.revision;
        history_.pop_front();
    }
    changed_.notify_all();
    for (const MemoryWatch* watch : watches_)
        watch->handle_event(history_.back());
    return revision_;
}

Revision MemoryRegistry::current_revision(std::string_view key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? Revision{} : found->second.revision;
}

}  // namespace flatlan::registry
