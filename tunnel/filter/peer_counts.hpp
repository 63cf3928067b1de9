#pragma once

#include <vector>

#include "tunnel/filter/tunnel_filter.hpp"

/// What a node's packet filter has counted, as figures of its peers.
namespace flatlan::tunnel {

/// Of vxlan_filter(). `figures` gets its peers, and the reasons for which the filter drops or sees
/// dropped.
Result<void> add_vxlan_counts(const TunnelFilter& filter, const TunnelWanted& wanted,
                              TunnelFigures& figures);

/// Of direct_filter().
Result<void> add_direct_counts(const TunnelFilter& filter, const TunnelWanted& wanted,
                               TunnelFigures& figures);

}  // namespace flatlan::tunnel
