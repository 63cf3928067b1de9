#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/nftables/nftables.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/probe/trace/observation.hpp"

namespace flatlan::trace {

/// The packet filters of one place (nftables, and iptables where it is built on it), traced by the
/// kernel itself while this exists: a table of ours switches the tracing on for the packets of one
/// trace. It goes with this.
class FilterWatch {
public:
    /// Nothing where the place has no filter at all, and so nothing to watch.
    static Result<std::optional<FilterWatch>> open(PlaceId place, const Namespace& network,
                                                   const Trail& trail);

    FilterWatch(FilterWatch&&) noexcept = default;
    FilterWatch& operator=(FilterWatch&&) noexcept = default;

    /// Whether a packet of the trace was dropped so far.
    bool has_drop();
    /// What the packets met, in order, with the rules' texts.
    Result<std::vector<RuleMet>> finish();

private:
    FilterWatch(PlaceId place, Nftables filters, NftTrace events, const Trail& trail)
        : place_{place}, filters_{std::move(filters)}, events_{std::move(events)}, trail_{trail} {}

    void read();

    PlaceId place_;
    Nftables filters_;
    NftTrace events_;
    Trail trail_;
    std::vector<NftTraceEvent> read_;
};

}  // namespace flatlan::trace
