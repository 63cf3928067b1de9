#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "overlay/probe/cluster/probe_records.hpp"
#include "overlay/probe/trace/frame.hpp"
#include "overlay/probe/trace/inquiry.hpp"

/// What the machines of a cluster agree on before one of a pair's ways is traced: records
/// (overlay/control/records.hpp, with the same errors).
namespace flatlan::trace {

/// What a person wants to know, in that person's words.
struct TraceWish {
    std::string from;  ///< a member's name, or an address of one
    std::string to;
    std::optional<IpFamily> family{};  ///< none: that of an address that is named, else IPv4 first
    probe::Protocol protocol = probe::Protocol::icmp;
    std::optional<Port> service{};  ///< at `to`; none: the trace listens itself
    bool keep_frames = false;       ///< what is captured is wanted too
    friend bool operator==(const TraceWish&, const TraceWish&) = default;
};
std::string to_record(const TraceWish& wish);
Result<TraceWish> wish_from_record(std::string_view text);

/// One end of a trace, and its node.
struct TraceEnd {
    std::string name;  ///< as members are named: "web", "node/n1"
    NodeName node;
    IpAddress address;   ///< on the flat network
    IpAddress endpoint;  ///< of the node's tunnel
    friend bool operator==(const TraceEnd&, const TraceEnd&) = default;
};

/// What is traced; the nodes of the ends take part.
struct TraceCall {
    TraceEnd from;
    TraceEnd to;
    probe::Protocol protocol = probe::Protocol::icmp;
    std::uint64_t tag = 0;
    Port tunnel_port = kVxlanPort;
    std::optional<Port> service{};
    friend bool operator==(const TraceCall&, const TraceCall&) = default;
};
std::string to_record(const TraceCall& call);
/// Corrupt also where the ends' addresses are of two families.
Result<TraceCall> call_from_record(std::string_view text);

/// A node that takes part.
struct TraceReady {
    Carrier carrier = Carrier::vxlan;
    /// The namespaces of its members, by their numbers (namespaces(7)); one whose namespace is gone
    /// has none.
    std::map<std::string, std::uint64_t> namespaces{};
    friend bool operator==(const TraceReady&, const TraceReady&) = default;
};
std::string to_record(const TraceReady& ready);
Result<TraceReady> ready_from_record(std::string_view text);

/// The places of a node's members as that node numbers them, itself first. Those of the call's ends
/// that are on another node follow, not present.
Atlas own_atlas(const TraceCall& call, const NodeName& node,
                std::span<const probe::Member> members);
/// The ends of the call in an atlas. Error corrupt where it does not have both.
struct CallEnds {
    PlaceId from;
    PlaceId to;
};
Result<CallEnds> ends_of(const TraceCall& call, const Atlas& atlas);

}  // namespace flatlan::trace
