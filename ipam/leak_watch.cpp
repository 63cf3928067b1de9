#include "ipam/leak_watch.hpp"

#include <utility>

namespace flatlan::ipam {

std::vector<Lease> LeakWatch::observe(Instant now, std::span<const Lease> unused) {
    std::map<Lease, Instant> still_unused;
    std::vector<Lease> leaks;
    for (const Lease& lease : unused) {
        const auto seen = first_seen_.find(lease);
        const Instant since = seen == first_seen_.end() ? now : seen->second;
        still_unused.emplace(lease, since);
        if (now - since >= gap_ && seen != first_seen_.end()) leaks.push_back(lease);
    }
    first_seen_ = std::move(still_unused);
    return leaks;
}

}  // namespace flatlan::ipam
