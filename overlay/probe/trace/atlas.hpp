#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/network_values.hpp"

/// Follows one packet from place to place, compares where the kernel would take it and where a real
/// one went with where it should go, and says in one word what is wrong. Pure; what asks kernels,
/// sends and captures is in probe/io/trace.
namespace flatlan::trace {

/// A place's number in the atlas.
class PlaceId {
public:
    explicit constexpr PlaceId(std::uint32_t value) : value_{value} {}
    constexpr std::uint32_t value() const { return value_; }
    friend constexpr auto operator<=>(PlaceId, PlaceId) = default;

private:
    std::uint32_t value_;
};

enum class PlaceKind : std::uint8_t { pod, node, underlay };

/// How a node's packets to other nodes' pods travel.
enum class Carrier : std::uint8_t {
    vxlan,   ///< a VXLAN device of the kernel
    opaque,  ///< a device behind which a program encapsulates
    plain,   ///< routed over the underlay as they are
};

/// A network namespace through which packets pass, and what it should be.
struct Place {
    std::string name;  ///< "default/web", "node/n1", "underlay"
    PlaceKind kind = PlaceKind::pod;
    bool present = true;            ///< its namespace is there
    IpAddresses addresses{};        ///< on the flat network
    std::optional<PlaceId> node{};  ///< of a pod: where it is
    /// Its next hops on the cable to its node, or of a node to a router; none: they are not known.
    IpAddresses gateways{};
    std::optional<IpAddress> endpoint{};  ///< of a node: its end of the tunnel
    std::vector<IpPrefix> blocks{};       ///< of a node: whose addresses are its
    Carrier carrier = Carrier::vxlan;     ///< of a node
    /// What a person puts before a command so that it runs there: "flatlan exec node/n1 --".
    std::string command_prefix{};
};

/// All places of a network, and what should be the same in all of them.
struct Atlas {
    std::vector<Place> places;
    std::optional<PlaceId> underlay{};  ///< the router between nodes; none: it cannot be looked at
    std::string tunnel_device = "flat0";
    Vni vni{1};
    Port tunnel_port = kVxlanPort;
    /// A command that puts nodes, pods and tunnels back to what they should be.
    std::string repair_command{};

    const Place& at(PlaceId place) const { return places[place.value()]; }
    /// The node on which the place is; itself when it is a node.
    PlaceId node_of(PlaceId place) const { return at(place).node.value_or(place); }
};

}  // namespace flatlan::trace
