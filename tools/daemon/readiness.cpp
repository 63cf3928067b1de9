#include "tools/daemon/readiness.hpp"

#include <array>

#include "ipam/room.hpp"

namespace flatlan::daemon {
namespace {

constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

/// What a node waits for that has not joined.
std::string waits_for(const ReadinessFacts& facts) {
    const bool has_blocks = facts.leases && !facts.leases->blocks.empty();
    if (has_blocks && facts.state.confirmed_at == Instant{}) return "it waits for the registry";
    for (const IpFamily family : kFamilies)
        if (facts.state.missing.has(family))
            return "no " + std::string{to_string(family)} +
                   " block of the cluster is free; 'flatlan ipam show' shows whose they are";
    return has_blocks ? "it has not joined yet" : "it has no block yet";
}

/// Why no further pod gets its addresses; empty: it does.
std::string full_text(const ReadinessFacts& facts) {
    if (!facts.leases) return "its leases cannot be read";
    for (const IpFamily family : kFamilies) {
        if (!facts.common.pools.has(family)) continue;
        if (ipam::addresses_left(*facts.leases, family) != 0) continue;
        return "it has no " + std::string{to_string(family)} + " address left" +
               (facts.state.missing.has(family) ? ", and no block of the cluster is free" : "");
    }
    return {};
}

bool is_confirmed(const ReadinessFacts& facts) {
    if (!facts.common.offline_max) return true;
    return facts.state.confirmed_at != Instant{} &&
           facts.now - facts.state.confirmed_at <= *facts.common.offline_max;
}

}  // namespace

Readiness judge(const ReadinessFacts& facts) {
    const auto not_ready = [&](std::string reason) {
        if (!facts.trouble.empty()) reason = facts.trouble;
        return Readiness{false, std::move(reason)};
    };
    if (!facts.state.joined) return not_ready(waits_for(facts));
    if (!is_confirmed(facts))
        return {false, "the registry has not confirmed its blocks for longer than offlineMax" +
                           (facts.trouble.empty() ? "" : ": " + facts.trouble)};
    if (const std::string full = full_text(facts); !full.empty()) return not_ready(full);
    if (!facts.published) return not_ready("it has not published yet by what pods are added");
    if (facts.underlay_lost) return not_ready("the other nodes do not reach it");
    return {true, facts.trouble};
}

}  // namespace flatlan::daemon
