#include "overlay/registry/sqlite/sqlite_watch.hpp"

#include <algorithm>

namespace flatlan::registry {

SqliteRegistry::SqliteWatch::SqliteWatch(SqliteRegistry& registry, std::string_view prefix,
                                         Revision after, std::function<void()> on_ready)
    : registry_{registry}, prefix_{prefix}, seen_{after}, on_ready_{std::move(on_ready)} {
    if (const auto now = registry_.state()) cluster_ = now.value().cluster;
    const std::lock_guard lock{registry_.watches_mutex_};
    registry_.watches_.push_front(this);
    place_ = registry_.watches_.begin();
    if (on_ready_ && !registry_.waker_.joinable())
        registry_.waker_ = std::thread{[&registry = registry_] { registry.wake_watches(); }};
    wake();  // for what has happened before
}

SqliteRegistry::SqliteWatch::~SqliteWatch() {
    const std::lock_guard lock{registry_.watches_mutex_};
    registry_.watches_.erase(place_);
}

Result<WatchBatch> SqliteRegistry::SqliteWatch::look() {
    FLATLAN_TRY(seen, registry_.glance(prefix_, seen_));
    auto& [now, changes] = seen;
    if (cluster_ == 0) cluster_ = now.cluster;
    gap_ = gap_ || !changes || now.cluster != cluster_ || now.revision < seen_;
    if (gap_) return WatchBatch{{}, true};
    seen_ = changes->size() < kBatchMax ? now.revision : changes->back().record.revision;
    return WatchBatch{std::move(*changes), false};
}

Result<WatchBatch> SqliteRegistry::SqliteWatch::next(Duration timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const std::uint32_t rings = registry_.bell_.rings();
        FLATLAN_TRY(batch, look());
        const Duration left = deadline - std::chrono::steady_clock::now();
        if (!batch.events.empty() || batch.gap || left <= Duration{0}) return batch;
        registry_.bell_.wait(rings, std::min(left, kLookAgain));
    }
}

}  // namespace flatlan::registry
