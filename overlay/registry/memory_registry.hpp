#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>

#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

/// The registry of a lab: one object in one process, any number of clients, nothing on disk.
class MemoryRegistry final : public Registry {
public:
    /// A watch that has not asked for so many changes has a gap. A cluster of 5,000 nodes that
    /// starts makes half as many.
    static constexpr std::size_t kHistoryMax = 65'536;

    struct Options {
        std::function<Instant()> clock;  ///< for sessions; asked under the registry's lock
        std::uint64_t cluster = 1;
        std::size_t history_max = kHistoryMax;
    };
    explicit MemoryRegistry(Options options) : options_{std::move(options)} {}

    Result<RegistryState> state() override;
    Result<Reading> get_with_state(std::string_view key) override;
    Result<Page> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
    Result<Revision> put(std::string_view key, std::string_view value, Revision expected,
                         SessionId session) override;
    Result<Revision> remove(std::string_view key, Revision expected) override;
    Result<SessionId> open_session(Duration time_to_live) override;
    Result<void> keep_alive(SessionId session) override;
    Result<void> close_session(SessionId session) override;
    Result<std::unique_ptr<Watch>> watch(std::string_view prefix, Revision after,
                                         std::function<void()> on_ready) override;

    /// Ends the sessions whose time has passed. Every call does so first; this is for a registry
    /// that nobody but watchers asks.
    void expire();
    /// Forgets all changes up to now: watches that have not asked for them have a gap.
    void forget_history();

private:
    class MemoryWatch;
    struct Session {
        Duration time_to_live;
        Instant ends_at;
    };
    using Records = std::map<std::string, Record, std::less<>>;

    // With the lock held.
    void expire_locked();
    void end_session(std::map<SessionId, Session>::iterator session);
    Revision record_event(Event event);
    Revision current_revision(std::string_view key) const;

    Options options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Records records_;
    Revision revision_;
    std::deque<Event> history_;  ///< consecutive, the newest last
    Revision forgotten_;         ///< changes up to this one are no longer in the history
    std::map<SessionId, Session> sessions_;
    std::int64_t last_session_ = 0;
    Instant expire_at_;  ///< no session ends before this
    std::list<MemoryWatch*> watches_;
};

}  // namespace flatlan::registry
