#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/lab/fault/fault.hpp"
#include "overlay/lab/lab_status.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/namespace.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/route_lookup.hpp"

namespace flatlan::lab {

enum class PlaceKind : std::uint8_t { pod, node, underlay };

/// A place of the lab, as the makers of faults see it.
struct FaultPlace {
    std::string name;  ///< as in a FaultRequest
    PlaceKind kind = PlaceKind::pod;
    IpAddresses addresses{};              ///< on the flat network
    std::optional<IpAddress> endpoint{};  ///< of a node, or of a pod's node
    std::string node{};                   ///< of a node its own name, of a pod that of its node
    tunnel::BackendKind backend = tunnel::BackendKind::kernel;
    int netns_fd = -1;
};

/// All that the maker of one fault works with. Lives in the supervisor, which owns the descriptors
/// that the status names.
class Scene {
public:
    /// Errors: not_found for a place that is not there.
    static Result<Scene> open(const LabStatus& lab, const FaultRequest& request, unsigned number);

    const FaultPlace& at() const { return at_; }
    /// Only for faults that have one.
    const FaultPlace& towards() const { return *towards_; }
    bool has_towards() const { return towards_.has_value(); }
    const Namespace& network() const { return network_; }
    Netlink& netlink() { return netlink_; }
    const LabStatus& lab() const { return *lab_; }
    /// The fault's: names made of it are its alone.
    unsigned number() const { return number_; }

    /// Where the place's packets for `towards` are addressed to, of each family that is wanted: on
    /// the flat network, or between endpoints, where the place forwards the tunnel's packets.
    std::vector<IpAddress> destinations() const;
    /// The same between endpoints, whatever the place.
    std::vector<IpAddress> outer_destinations() const;
    bool wants(IpFamily family) const { return !family_ || *family_ == family; }

    /// Where the place's kernel sends packets for the address. Error not_found when nowhere.
    Result<RouteDecision> way_to(const IpAddress& destination);
    /// The interface by which packets for `towards` leave; without one, that by which the place
    /// hangs on the network.
    Result<Link> exit_link();

private:
    Scene(const LabStatus& lab, FaultPlace at, Namespace network, Netlink netlink)
        : lab_{&lab},
          at_{std::move(at)},
          network_{std::move(network)},
          netlink_{std::move(netlink)} {}

    Result<Link> cable_of_node();

    const LabStatus* lab_;
    FaultPlace at_;
    std::optional<FaultPlace> towards_;
    std::optional<IpFamily> family_;
    unsigned number_ = 0;
    Namespace network_;
    Netlink netlink_;
};

}  // namespace flatlan::lab
