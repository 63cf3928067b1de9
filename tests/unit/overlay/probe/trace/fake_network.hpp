#pragma once

#include <map>
#include <string>
#include <vector>

#include "overlay/base/link_local.hpp"
#include "overlay/probe/trace/walk.hpp"

namespace flatlan::trace {

/// A lab that exists as tables alone: two pods on each of two nodes, the underlay's router between.
/// A test takes something out of a table, and the walk has to find it.
class FakeNetwork final : public Inquiry {
public:
    static constexpr PlaceId kPod1{0}, kPod2{1}, kPod3{2}, kPod4{3}, kNode1{4}, kNode2{5},
        kUnderlay{6};

    FakeNetwork();

    Result<const PlaceFacts*> facts(PlaceId place) override { return &at(place); }
    /// The longest prefix of the place's own table; local addresses first, as in the kernel.
    Result<RouteAnswer> route(PlaceId place, const RouteAsked& asked) override;
    Result<std::optional<int>> setting(PlaceId place, const std::string& path) override;

    /// The underlay is one link from now on: its router becomes a switch, "br0".
    void make_switch();
    /// From now on nobody can look at what is between the nodes.
    void hide_underlay();
    /// The tunnels are programs from now on, each behind a TUN device, or behind one end of a pair
    /// whose other end it reads.
    enum class TunnelDevice : std::uint8_t { tun, pair };
    void make_tunnels_programs(TunnelDevice device);

    PlaceFacts& at(PlaceId place) { return places[place.value()]; }
    LinkFacts& link(PlaceId place, const std::string& name);
    /// From pod-1 to pod-4, on the other node.
    Flow forth() const { return {kPod1, kPod4, pod_address(kPod1), pod_address(kPod4)}; }
    IpAddress pod_address(PlaceId pod) const {
        return *atlas.at(pod).addresses.find(IpFamily::ipv4);
    }

    Atlas atlas;
    std::vector<PlaceFacts> places;
    std::map<std::pair<PlaceId, std::string>, int> settings;
    /// What a place's kernel answers whatever its tables say.
    std::map<std::pair<PlaceId, IpAddress>, RouteOutcome> refusals;

private:
    void add_place(const std::string& name, PlaceKind kind);
    /// A cable: one interface in each place, permanent neighbours at both ends.
    void connect(PlaceId near, const std::string& near_name, PlaceId far,
                 const std::string& far_name, const IpAddress& gateway,
                 const IpAddress& far_address);
    void add_tunnel(PlaceId node, PlaceId peer);
};

inline MacAddress mac_of(unsigned number) { return MacAddress::local_from(number); }

}  // namespace flatlan::trace
