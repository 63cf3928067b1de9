#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/linux/iptables/iptables.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/nftables/nftables.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/probe/trace/observation.hpp"

namespace flatlan::trace {

/// The packet filters of one place (nftables, and iptables whether or not it is built on it),
/// traced by the kernel itself while this exists: a table of ours switches the tracing on for the
/// packets of one trace. It goes with this.
class FilterWatch {
public:
    /// Nothing where the place has no filter at all, and so nothing to watch. Where another program
    /// has the log of packets, to which tables of iptables-legacy write, these are not watched.
    /// `network` must outlive it.
    static Result<std::optional<FilterWatch>> open(PlaceId place, const Namespace& network,
                                                   const Trail& trail);

    FilterWatch(FilterWatch&&) noexcept = default;
    FilterWatch& operator=(FilterWatch&&) = delete;

    /// Why some rules that packets meet here are not told; empty where all are.
    const std::string& trouble() const { return trouble_; }
    /// What the packets met so far, in order, with the rules' texts.
    Result<std::vector<RuleMet>> look();
    /// The same, and takes the table away.
    Result<std::vector<RuleMet>> finish();

private:
    FilterWatch(PlaceId place, const Namespace& network, Nftables filters, NftTrace events,
                const Trail& trail)
        : place_{place},
          network_{&network},
          filters_{std::move(filters)},
          events_{std::move(events)},
          trail_{trail} {}

    void read();
    Result<std::vector<RuleMet>> met_in_nftables();
    Result<std::vector<RuleMet>> met_in_iptables();

    PlaceId place_;
    const Namespace* network_;  ///< the caller's
    Nftables filters_;
    NftTrace events_;
    std::optional<IptablesTrace> iptables_{};  ///< none where there is no table of it
    std::string trouble_;
    Trail trail_;
    std::vector<NftTraceEvent> read_;
    std::vector<IptablesEvent> read_iptables_;
};

}  // namespace flatlan::trace
