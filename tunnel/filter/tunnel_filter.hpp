#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/nftables/nft_table_watch.hpp"
#include "tunnel/filter/filter_rules.hpp"

namespace flatlan::tunnel {

/// Traffic by what it was counted by: a peer's endpoint, or the first address of its block.
using TrafficByAddress = std::map<IpAddress, TrafficCount>;

/// The table `inet flatlan_tunnel` of one network namespace. It outlives this object: one made
/// later adopts the table with its counts, if it is as wanted.
class TunnelFilter {
public:
    static Result<TunnelFilter> open(const Namespace& network);

    /// Makes the table so, in one transaction: no packet passes in between. While only elements
    /// differ, the counts stay, once changes are watched. The table is one thing that is added or
    /// replaced; rules without text take it away. The Error has nft's own words.
    Result<TunnelChange> ensure(FilterRules rules);
    /// What the last `ensure` made; its table is empty where there is none of ours.
    const FilterRules& made() const { return made_; }
    /// Whether there is a table that counts, also one that somebody has changed meanwhile.
    bool counts_peers() const { return has_table() || touched_; }
    /// Succeeds when it is gone already.
    Result<void> remove();

    /// Begins to listen to who changes packet filters. The descriptor is readable while they were
    /// changed, this one or another; -1 where the kernel has none.
    int watch();
    void unwatch() { watch_.reset(); }
    /// Whether the table is what `ensure` made, as far as the kernel has told since `watch`, which
    /// this reads. When it is not, the next `ensure` makes it anew.
    Result<bool> is_untouched();

    /// Of a set whose elements count; octets from the IP header on.
    Result<TrafficByAddress> counts(const std::string& set) const;
    /// Of the table's named counters: why datagrams were dropped.
    Result<std::vector<DropCount>> drops() const;

private:
    explicit TunnelFilter(Namespace network) : network_{std::move(network)} {}
    bool has_table() const { return !made_.table.empty(); }
    Result<TunnelChange> ensure_none();
    Result<void> replace(const FilterRules& rules);
    Result<void> change_elements(const FilterRules& from, const FilterRules& to);
    Result<void> run(const std::string& commands);

    Namespace network_;
    std::optional<NftTableWatch> watch_{};
    FilterRules made_{};
    bool touched_ = false;
};

/// Why peers are not counted after that `ensure`, one sentence; empty where they are.
std::string why_uncounted(const TunnelFilter& filter, const Result<TunnelChange>& ensured);

}  // namespace flatlan::tunnel
