#include "overlay/lab/fault/catalogue.hpp"

#include <algorithm>
#include <array>

namespace flatlan::lab {
namespace {

constexpr FaultKind at_all(std::string_view name, std::string_view summary, FaultMaker make) {
    return {name, summary, true, true, true, Towards::always, make};
}

constexpr FaultKind at_forwarders(std::string_view name, std::string_view summary,
                                  FaultMaker make) {
    return {name, summary, false, true, true, Towards::always, make};
}

constexpr FaultKind at_node(std::string_view name, std::string_view summary, Towards towards,
                            FaultMaker make, bool remakes_tunnel = false) {
    return {name, summary, false, true, false, towards, make, remakes_tunnel};
}

constexpr std::array kKinds{
    at_all("route-missing", "has no route to TOWARDS", lose_route),
    at_all("route-wrong", "routes TOWARDS by a wrong interface", turn_route),
    at_all("rule-prohibits", "has a policy rule that prohibits TOWARDS", prohibit_by_rule),
    at_node("underlay-route-missing", "has no route to the endpoint of TOWARDS", Towards::always,
            lose_underlay_route),
    at_all("neighbour-missing", "does not know the MAC address of its next hop to TOWARDS",
           lose_neighbour),
    at_all("neighbour-wrong", "has a wrong MAC address for its next hop to TOWARDS",
           change_neighbour),
    at_node("fdb-missing", "does not know behind which endpoint TOWARDS is", Towards::always,
            lose_fdb_entry),
    at_node("fdb-wrong", "sends what is for TOWARDS to a wrong endpoint", Towards::always,
            change_fdb_entry),
    FaultKind{"link-down", "has its interface down, or the one that leads to TOWARDS", true, true,
              true, Towards::maybe, set_link_down},
    FaultKind{"loopback-down", "has its interface lo down", true, false, false, Towards::never,
              set_loopback_down},
    at_node("tunnel-down", "has its tunnel's device down", Towards::never, set_tunnel_down, true),
    at_node("tunnel-missing", "has no tunnel device", Towards::never, lose_tunnel, true),
    at_node("vni-wrong", "has a tunnel of another VNI", Towards::never, change_vni, true),
    at_node("tunnel-port-wrong", "has a tunnel of another UDP port", Towards::never,
            change_tunnel_port, true),
    FaultKind{"tunnel-port-blocked", "drops the tunnel's packets, or those to TOWARDS", false, true,
              true, Towards::maybe, block_tunnel_port},
    FaultKind{"endpoint-disguised", "puts another address for the endpoint of TOWARDS", false,
              false, true, Towards::always, disguise_endpoint},
    FaultKind{"mtu-black-hole", "passes no large packets to TOWARDS and tells nobody", true, true,
              true, Towards::always, narrow_silently},
    FaultKind{"address-missing", "has lost its addresses", true, true, false, Towards::never,
              lose_addresses},
    FaultKind{"address-duplicate", "has the addresses of TOWARDS too", true, true, false,
              Towards::always, take_addresses},
    FaultKind{"netmask-wrong", "has a netmask that puts other nodes' pods on its link", true, false,
              false, Towards::never, widen_netmask},
    FaultKind{"forwarding-off", "does not forward", false, true, true, Towards::never,
              stop_forwarding},
    at_node("reverse-path-filter",
            "drops what TOWARDS sends, since its own way back would be another one",
            Towards::always, check_reverse_path),
    at_all("filter-drop", "drops packets to TOWARDS", drop_packets),
    at_all("filter-reject", "rejects packets to TOWARDS", reject_packets),
    at_all("loss", "drops every second packet to TOWARDS", lose_packets),
    at_all("masquerade", "puts its own address for the source of packets to TOWARDS", masquerade),
    FaultKind{"dnat", "takes packets to TOWARDS for itself", true, true, false, Towards::always,
              redirect},
    at_all("ttl-used-up", "sets the time to live of packets to TOWARDS to 1", use_up_ttl),
    at_forwarders("checksum-spoilt", "writes a wrong checksum into ICMP for TOWARDS",
                  spoil_checksum),
};

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

std::string all_names() {
    std::vector<std::string> names;
    for (const FaultKind& kind : kKinds)
        names.emplace_back(kind.name);
    return joined(names, ", ");
}

bool can_be_at(const FaultKind& kind, std::string_view place) {
    if (place == "underlay") return kind.at_underlay;
    return place.starts_with("node/") ? kind.at_node : kind.at_pod;
}

}  // namespace

std::span<const FaultKind> fault_kinds() { return kKinds; }

std::vector<std::string> places_of(const FaultKind& kind) {
    std::vector<std::string> places;
    if (kind.at_pod) places.emplace_back("a pod");
    if (kind.at_node) places.emplace_back("a node");
    if (kind.at_underlay) places.emplace_back("underlay");
    return places;
}

Result<const FaultKind*> find_fault_kind(const FaultRequest& request) {
    const auto kind = std::ranges::find(kKinds, request.fault, &FaultKind::name);
    if (kind == kKinds.end())
        return Error{ErrorCode::invalid_argument, "there is no fault '" + request.fault + "'"}
            .expecting(all_names());
    if (!can_be_at(*kind, request.at))
        return Error{ErrorCode::invalid_argument, request.fault + " cannot be at " + request.at}
            .expecting(joined(places_of(*kind), " or "));
    if (kind->towards == Towards::always && request.towards.empty())
        return Error{ErrorCode::invalid_argument,
                     request.fault + " concerns the packets for somebody"}
            .expecting("TOWARDS, a pod or a node");
    if (kind->towards == Towards::never && !request.towards.empty())
        return Error{ErrorCode::invalid_argument,
                     request.fault + " concerns all packets, not only those for " + request.towards}
            .expecting("no TOWARDS");
    return &*kind;
}

}  // namespace flatlan::lab
