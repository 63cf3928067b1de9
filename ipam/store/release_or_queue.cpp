#include "ipam/store/sqlite_lease_store.hpp"

namespace flatlan::ipam {

Result<Released> release_or_queue(const SqliteLeaseStore::Options& options, const LeaseKey& key) {
    const auto released_now = [&]() -> Result<void> {
        auto own = options;
        own.opens_when_needed = true;
        FLATLAN_TRY(store, SqliteLeaseStore::open(std::move(own)));
        FLATLAN_TRY_VOID(store->release(key));
        return success();
    }();
    if (released_now) return Released::now;
    auto queued = SqliteLeaseStore::journal_of(options.file).add(key);
    if (queued) return Released::later;
    return std::move(queued).error().within("release " + key.text() + " (" +
                                            released_now.error().text() + ")");
}

}  // namespace flatlan::ipam
