#pragma once

#include <vector>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/nexthop.hpp"
#include "overlay/linux/route.hpp"

namespace flatlan::lab {

/// All of a namespace's tables by which packets go, as they were at one moment: what a fault
/// changes of them is the difference, and taking it away is putting the difference back.
struct PlaceTables {
    std::vector<Link> links;
    std::vector<InterfaceAddress> addresses;
    std::vector<Nexthop> nexthops;
    std::vector<Route> routes;
    std::vector<Neighbour> neighbours;  ///< permanent ones
    std::vector<FdbEntry> fdb;

    static Result<PlaceTables> read(Netlink& netlink);
    /// Their interface `from` is `to` from now on: it was made anew and has another number.
    void renumber(IfIndex from, IfIndex to);
};

/// Puts back what `broken` has differently from `whole`, and nothing else: what somebody changed
/// since stays. Succeeds for what is as it was already, or whose interface is gone.
Result<void> put_back(Netlink& netlink, const PlaceTables& whole, const PlaceTables& broken);

}  // namespace flatlan::lab
