#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tunnel/backend.hpp"

namespace flatlan::tunnel {

/// What a sample cluster looks like.
struct SampleShape {
    std::size_t nodes = 3;
    IpFamily underlay = IpFamily::ipv4;
    bool ipv4 = true;  ///< whether pods have IPv4 addresses
    bool ipv6 = true;
    UnderlayMtu underlay_mtu{1500};
};

/// A cluster for tests: node i is called "n<i>", has the endpoint 172.16.0.1 + i (or fd16::1 + i)
/// and the i-th /26 of 10.128.0.0/9 and /122 of fd00:128::/64; its own address is the block's
/// second.
struct SampleCluster {
    TunnelSettings settings;
    std::vector<TunnelNode> nodes;

    TunnelWanted wanted_for(std::size_t node) const { return {settings, nodes[node], nodes}; }
};

inline IpPrefix sample_prefix(IpFamily family) {
    return IpPrefix::from_text(family == IpFamily::ipv4 ? "10.128.0.0/9" : "fd00:128::/64").value();
}

/// The `index`th block of the family.
inline IpPrefix sample_block(IpFamily family, std::uint64_t index) {
    return sample_prefix(family).subprefix(family == IpFamily::ipv4 ? 26 : 122, index);
}

inline IpAddress sample_endpoint(IpFamily family, std::uint64_t index) {
    const char* const prefix = family == IpFamily::ipv4 ? "172.16.0.0/12" : "fd16::/64";
    return IpPrefix::from_text(prefix).value().at(index + 1);
}

inline TunnelNode sample_node(const SampleShape& shape, std::size_t index) {
    const NodeName name = NodeName::from("n" + std::to_string(index)).value();
    TunnelNode node{.name = name,
                    .endpoint = sample_endpoint(shape.underlay, index),
                    .mac = endpoint_mac(name, Vni{1}),
                    .overlay = {},
                    .blocks = {}};
    for (const auto& [family, wanted] :
         {std::pair{IpFamily::ipv4, shape.ipv4}, std::pair{IpFamily::ipv6, shape.ipv6}}) {
        if (!wanted) continue;
        node.blocks.push_back(sample_block(family, index));
        node.overlay.set(node.blocks.back().at(1));
    }
    return node;
}

inline SampleCluster sample_cluster(const SampleShape& shape) {
    SampleCluster cluster;
    cluster.settings.underlay_mtu = shape.underlay_mtu;
    if (shape.ipv4) cluster.settings.cluster_prefixes.push_back(sample_prefix(IpFamily::ipv4));
    if (shape.ipv6) cluster.settings.cluster_prefixes.push_back(sample_prefix(IpFamily::ipv6));
    for (std::size_t i = 0; i < shape.nodes; ++i)
        cluster.nodes.push_back(sample_node(shape, i));
    return cluster;
}

}  // namespace flatlan::tunnel
