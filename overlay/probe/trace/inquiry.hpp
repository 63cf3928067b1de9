#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/mac_address.hpp"
#include "overlay/base/result.hpp"
#include "overlay/probe/trace/atlas.hpp"

namespace flatlan::trace {

/// An interface of a place.
struct LinkAt {
    PlaceId place;
    IfIndex index;
    friend constexpr auto operator<=>(const LinkAt&, const LinkAt&) = default;
};

/// A VXLAN device's settings, as far as the way of a packet goes by them.
struct VxlanFacts {
    Vni vni{1};
    Port port = kVxlanPort;
    IpAddress local = Ipv4Address{};
    friend bool operator==(const VxlanFacts&, const VxlanFacts&) = default;
};

/// What a place's kernel says of an interface.
struct LinkFacts {
    IfIndex index;
    std::string name;
    bool up = true;       ///< set up by an administrator
    bool running = true;  ///< and packets pass
    bool loopback = false;
    std::uint32_t mtu = 1500;
    std::optional<MacAddress> mac{};
    std::optional<LinkAt> other_end{};  ///< of a veth, where the places of the atlas have it
    bool has_other_end = false;         ///< it is one end of a pair, known or not
    bool bridge = false;                ///< it joins others to one link
    std::optional<IfIndex> master{};    ///< the bridge that it is a port of
    std::optional<VxlanFacts> vxlan{};
};

/// An entry of the neighbour table (ARP, or neighbour discovery).
struct NeighbourFacts {
    IpAddress address;
    IfIndex device;
    MacAddress mac;
    bool usable = true;  ///< the kernel would send to it (not failed, not still asking)
};

/// An entry of a VXLAN device's forwarding table: behind which endpoint a MAC address is.
struct FdbFacts {
    IfIndex device;
    MacAddress mac;
    IpAddress remote;
};

/// An address that an interface has.
struct AddressFacts {
    IpAddress address;
    IfIndex device;
    unsigned length_bits = 0;  ///< of the prefix that is on the link; 0: none
};

/// A route of the main table.
struct RouteFacts {
    IpPrefix destination;
    std::optional<IfIndex>
        device{};  ///< none for one that refuses, or that names a next hop object
    std::optional<IpAddress> via{};
    bool refuses = false;  ///< unreachable, blackhole, prohibit
    std::uint32_t metric = 0;
    /// It refuses what no other route carries: where it decides, the other one is missing.
    bool last_resort = false;
};

/// A rule of policy routing.
struct RuleFacts {
    IpFamily family;
    std::uint32_t priority;
    std::uint32_t table;
};

/// Everything of a place that is read at once.
struct PlaceFacts {
    std::vector<LinkFacts> links;
    std::vector<NeighbourFacts> neighbours;
    std::vector<FdbFacts> fdb;
    std::vector<AddressFacts> addresses;
    std::vector<RouteFacts> routes;
    std::vector<RuleFacts> rules;

    const LinkFacts* link(IfIndex index) const;
    const LinkFacts* link(std::string_view name) const;
    const LinkFacts* vxlan_link() const;
    const LinkFacts* bridge_link() const;
    const NeighbourFacts* neighbour(IfIndex device, const IpAddress& address) const;
    const FdbFacts* fdb_entry(IfIndex device, const MacAddress& mac) const;
    bool has_address(const IpAddress& address) const;
    /// The longest prefix with the address; among equals the lower metric.
    const RouteFacts* best_route(const IpAddress& address) const;
};

/// What a kernel's route lookup comes to.
enum class RouteOutcome : std::uint8_t {
    forward,     ///< goes on by `device`
    local,       ///< is for the place itself
    none,        ///< no route, or one that says "unreachable"
    prohibited,  ///< a route or rule that says "prohibit"
    discarded,   ///< a blackhole, or the source was refused
};

/// What the kernel says of a packet: whether it goes on, by what, and to whom.
struct RouteAnswer {
    RouteOutcome outcome = RouteOutcome::none;
    std::optional<IfIndex> device{};
    std::optional<IpAddress> via{};
    std::uint32_t mtu = 0;
    std::uint32_t table = 254;
    friend bool operator==(const RouteAnswer&, const RouteAnswer&) = default;
};

/// The packet of which a kernel is asked.
struct RouteAsked {
    IpAddress destination;
    std::optional<IpAddress> source{};
    std::optional<IfIndex> input{};  ///< none: the place itself sends it
    friend auto operator<=>(const RouteAsked&, const RouteAsked&) = default;
};

/// What can be asked of the places' kernels. Answers of one inquiry belong to one moment: they are
/// remembered.
class Inquiry {
public:
    virtual ~Inquiry() = default;

    /// Stays valid as long as the inquiry. Error not_found when the namespace vanished.
    virtual Result<const PlaceFacts*> facts(PlaceId place) = 0;
    /// Where the kernel itself would send the packet, policy rules included.
    virtual Result<RouteAnswer> route(PlaceId place, const RouteAsked& asked) = 0;
    /// A number under /proc/sys; nothing when the kernel has no such setting.
    virtual Result<std::optional<int>> setting(PlaceId place, const std::string& path) = 0;
};

}  // namespace flatlan::trace
