#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipam/pool_spec.hpp"
#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"
#include "tunnel/backend.hpp"

/// An emulated cluster on one machine: its file, its plan, its supervisor and the supervisor's API.
namespace flatlan::lab {

/// The most nodes and pods that a lab file may ask for, so that a slip of the finger ends in a
/// message and not in a machine without memory. Each node's tables hold every other node: 5,000
/// nodes are 25 million entries of each kind. What one machine bears is far less for nodes, and is
/// `doctor`'s to say.
inline constexpr std::size_t kNodesMax = 5'000;
inline constexpr std::size_t kPodsMax = 100'000;

/// Where something stands in a lab file; lines count from 1.
struct SourcePlace {
    std::string file;
    std::size_t line = 0;
};

/// "lab.yaml:12"; empty for a place that no file gave.
std::string to_string(const SourcePlace& place);

/// A node as the lab file asks for it.
struct NodeSpec {
    NodeName name;
    IpAddresses
        underlay;  ///< empty: the plan gives the next free address of the underlay's prefixes
    std::optional<tunnel::BackendKind> backend;  ///< empty: the lab's
    SourcePlace place;
};

/// A pod as the lab file asks for it; without containers it is a sandbox and nothing runs in it.
struct PodSpec {
    PodName name;
    std::optional<NodeName> node;  ///< empty: the plan spreads it
    SourcePlace place;
    std::optional<std::size_t> contents{};  ///< index into LabSpec::templates; empty: a bare pod
    std::optional<std::size_t> workload{};  ///< index into LabSpec::workloads; empty: its own
};

/// A Deployment or ReplicaSet: a number of pods that are the same, NAME-1, NAME-2 and so on.
struct WorkloadSpec {
    std::string kind;  ///< "Deployment", "ReplicaSet"
    std::string pod_namespace;
    std::string name;
    std::size_t replicas = 1;
    std::optional<NodeName> node{};         ///< as in PodSpec, for each of its pods
    std::optional<std::size_t> contents{};  ///< the same
    SourcePlace place{};
};

/// Where the settings stand that the plan judges.
struct SettingPlaces {
    SourcePlace pod_cidrs, underlay_cidrs, underlay_mtu, topology, backend;
};

/// How the nodes are connected: each to a router, or all to one bridge.
enum class UnderlayTopology : std::uint8_t { routed, bridged };

/// Who looks after the nodes: the supervisor itself, or on each node the programs of a real one.
enum class Agents : std::uint8_t { supervisor, process };

/// The node on which etcd runs in a lab with Agents::process.
inline constexpr std::string_view kRegistryNode = "etcd";

/// A lab file, checked in itself: names are labels and unique, prefixes do not overlap, every
/// nodeName is a node. Whether it all fits is the plan's question.
struct LabSpec {
    LabName name;
    std::vector<NodeSpec> nodes{};
    std::vector<IpPrefix> pod_cidrs{};  ///< at most one of each family, at least one
    /// Prefix lengths of the block that a node claims at a time.
    unsigned block_length_ipv4 = ipam::PoolSpec::default_block_length_bits(IpFamily::ipv4);
    unsigned block_length_ipv6 = ipam::PoolSpec::default_block_length_bits(IpFamily::ipv6);
    std::vector<IpPrefix> underlay_cidrs{};  ///< at most one of each family, at least one
    UnderlayMtu underlay_mtu{1500};
    UnderlayTopology topology = UnderlayTopology::routed;
    tunnel::BackendKind backend = tunnel::BackendKind::kernel;
    Agents agents = Agents::supervisor;
    Vni vni{1};
    Port port = kVxlanPort;
    tunnel::SenderCheck sender_check = tunnel::SenderCheck::off;
    tunnel::PeerCounts peer_counts = tunnel::PeerCounts::on;
    std::vector<PodSpec> pods{};  ///< manifests' pods first, then the bare ones of `pods.count`
    std::vector<pod::PodTemplate> templates{};  ///< what runs in pods; replicas share one
    std::vector<WorkloadSpec> workloads{};
    SettingPlaces places{};
};

/// The family of every tunnel endpoint: IPv4 where the underlay has both, because it costs 20
/// octets less of each packet.
IpFamily endpoint_family(const LabSpec& spec);
/// What runs in a pod; null for a bare one.
const pod::PodTemplate* contents_of(const LabSpec& spec, const PodSpec& pod);
/// The prefix length of the blocks of `family`.
unsigned block_length(const LabSpec& spec, IpFamily family);

}  // namespace flatlan::lab
