#include "overlay/registry/mirror.hpp"

#include <algorithm>
#include <chrono>

namespace flatlan::registry {
namespace {

/// How long it may take until the watch tells of what a page has shown already.
constexpr Duration kTellMax = std::chrono::seconds{5};

Revision newest(const Mirror::Records& records) {
    Revision newest;
    for (const auto& [key, record] : records)
        newest = std::max(newest, record.revision);
    return newest;
}

}  // namespace

Result<std::vector<Event>> Mirror::poll(Duration timeout) {
    if (watch_ == nullptr) return read_all();
    FLATLAN_TRY(batch, watch_->next(timeout));
    if (!batch.gap) return copy_.apply(std::move(batch.events));
    watch_.reset();
    return read_all();
}

/// Each page shows a moment of its own, that of the first page before all others.
Result<Mirror::Copy> Mirror::read_pages() {
    Copy now;
    std::optional<Revision> begun_at;
    std::string after;
    for (bool more = true; more;) {
        FLATLAN_TRY(page, registry_.list(prefix_, after, Registry::kPageSizeMax));
        if (!begun_at) begun_at = page.revision;
        more = page.more && !page.records.empty();
        if (more) after = page.records.back().key;
        for (Record& record : page.records)
            now.records.insert_or_assign(record.key, std::move(record));
    }
    now.handled = *begun_at;
    return now;
}

Result<std::vector<Event>> Mirror::read_all() {
    FLATLAN_TRY(now, read_pages());
    FLATLAN_TRY(watch, registry_.watch(prefix_, now.handled, on_ready_));
    // A later page may show what was written after something that an earlier one does not show.
    for (const Revision shown = newest(now.records); now.handled < shown;) {
        FLATLAN_TRY(batch, watch->next(kTellMax));
        if (batch.gap || batch.events.empty())
            return Error{ErrorCode::unavailable,
                         "the registry does not tell of a change that it has shown"};
        now.apply(std::move(batch.events));
    }
    watch_ = std::move(watch);

    std::vector<Event> events;
    for (const auto& [key, record] : copy_.records)
        if (!now.records.contains(key)) events.push_back({{key, {}, now.handled, {}}, true});
    for (const auto& [key, record] : now.records) {
        const auto known = copy_.records.find(key);
        if (known == copy_.records.end() || known->second != record)
            events.push_back({record, false});
    }
    copy_ = std::move(now);
    ++readings_;
    return events;
}

std::vector<Event> Mirror::Copy::apply(std::vector<Event> events) {
    const Revision before = handled;
    std::erase_if(events, [&](const Event& event) {
        if (event.record.revision <= before) return true;
        handled = std::max(handled, event.record.revision);
        const auto known = records.find(event.record.key);
        if (known == records.end()) {
            if (!event.removed) records.emplace(event.record.key, event.record);
            return event.removed;
        }
        if (event.record.revision <= known->second.revision) return true;
        if (event.removed)
            records.erase(known);
        else
            known->second = event.record;
        return false;
    });
    return events;
}

}  // namespace flatlan::registry
