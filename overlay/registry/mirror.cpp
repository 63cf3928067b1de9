#include "overlay/registry/mirror.hpp"

#include <algorithm>

namespace flatlan::registry {

Result<std::vector<Event>> Mirror::poll(Duration timeout) {
    if (watch_ == nullptr) return read_all();
    FLATLAN_TRY(batch, watch_->next(timeout));
    if (!batch.gap) return apply(std::move(batch.events));
    watch_.reset();
    return read_all();
}

Result<std::vector<Event>> Mirror::read_all() {
    Records now;
    std::optional<Revision> begun_at;
    std::string after;
    for (bool more = true; more;) {
        FLATLAN_TRY(page, registry_.list(prefix_, after, Registry::kPageSizeMax));
        if (!begun_at) begun_at = page.revision;
        more = page.more && !page.records.empty();
        if (more) after = page.records.back().key;
        for (Record& record : page.records)
            now.insert_or_assign(record.key, std::move(record));
    }
    FLATLAN_TRY(watch, registry_.watch(prefix_, *begun_at, on_ready_));
    watch_ = std::move(watch);

    std::vector<Event> events;
    for (const auto& [key, record] : records_)
        if (!now.contains(key)) events.push_back({{key, {}, *begun_at, {}}, true});
    for (const auto& [key, record] : now) {
        const auto known = records_.find(key);
        if (known == records_.end() || known->second != record) events.push_back({record, false});
    }
    records_ = std::move(now);
    handled_ = *begun_at;
    ++readings_;
    return events;
}

/// Takes the events over, but for those that a later page had shown already and those that come a
/// second time.
std::vector<Event> Mirror::apply(std::vector<Event> events) {
    const Revision handled = handled_;
    std::erase_if(events, [&](const Event& event) {
        if (event.record.revision <= handled) return true;
        handled_ = std::max(handled_, event.record.revision);
        const auto known = records_.find(event.record.key);
        if (known == records_.end()) {
            if (!event.removed) records_.emplace(event.record.key, event.record);
            return event.removed;
        }
        if (event.record.revision <= known->second.revision) return true;
        if (event.removed)
            records_.erase(known);
        else
            known->second = event.record;
        return false;
    });
    return events;
}

}  // namespace flatlan::registry
