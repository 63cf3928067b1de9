#include "tests/conformance/tunnel/cluster.hpp"

#include <algorithm>

#include "overlay/linux/address.hpp"
#include "overlay/linux/bridge.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/pod/sandbox/node_network.hpp"
#include "overlay/pod/sandbox/sandbox.hpp"
#include "tests/support/running_link.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

constexpr std::uint64_t kStrangersNumber = 200;
constexpr std::uint32_t kLocalTable = 255;  // RT_TABLE_LOCAL
constexpr std::array kFamilies{IpFamily::ipv4, IpFamily::ipv6};

const InterfaceName kBridge{"br0"};
const InterfaceName kUplink{"eth0"};

MacAddress strangers_mac() { return MacAddress::local_from(kStrangersNumber); }

Namespace make_link(UnderlayMtu mtu) {
    Namespace link = must(Namespace::create_network());
    auto netlink = must(Netlink::open_in(link));
    must(create_bridge(netlink, {.name = kBridge, .mac = MacAddress::local_from(1), .mtu = mtu}));
    must(set_link(netlink, kBridge, {.up = true}));
    return link;
}

OverlayMtu narrower_mtu(const Pairing& pairing, const SampleShape& shape) {
    const auto of = [&](const Candidate& candidate) {
        return must(overlay_mtu(candidate.kind, shape.underlay_mtu, shape.underlay, shape.ipv6));
    };
    return std::min(of(*pairing.near), of(*pairing.far));
}

/// The kernel makes the local route of an IPv6 address later, in a worker.
void wait_until_local(const Namespace& network, const IpAddress& address) {
    auto netlink = must(Netlink::open_in(network));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (;;) {
        const auto routes = must(list_routes(netlink, {.table = kLocalTable}));
        if (std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
                return route.destination == IpPrefix::host(address);
            }))
            return;
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{to_string(address) + " does not become local"};
    }
}

}  // namespace

IpAddress stranger_address(IpFamily family) { return sample_endpoint(family, kStrangersNumber); }

Cluster::Cluster(const Pairing& pairing, const SampleShape& shape)
    : sample{sample_cluster(shape)},
      link_{make_link(shape.underlay_mtu)},
      stranger_{join_link(kStrangersNumber, stranger_address(shape.underlay), strangers_mac())},
      mtu_{narrower_mtu(pairing, shape)} {
    sample.settings.sender_check = pairing.far->sender_check;
    for (std::size_t i = 0; i < shape.nodes; ++i) {
        const Candidate* const candidate = i == 0 ? pairing.near : pairing.far;
        Namespace network = join_link(i, sample.nodes[i].endpoint, sample.nodes[i].mac);
        must(pod::prepare_node(network, {.overlay = sample.nodes[i].overlay,
                                         .cluster_prefixes = sample.settings.cluster_prefixes,
                                         .blocks = sample.nodes[i].blocks}));
        auto backend = must(candidate->open(network));
        nodes_.push_back({std::move(network), candidate, std::move(backend), std::nullopt});
        add_pod(i);
    }
    for (std::size_t i = 0; i < shape.nodes; ++i)
        must(apply(i));
    support::wait_until_running(stranger_, kUplink);
    for (std::size_t i = 0; i < shape.nodes; ++i) {
        support::wait_until_running(node(i), kUplink);
        wait_until_local(node(i), *sample.nodes[i].overlay.ipv6);
        wait_until_local(pod(i), pod_address(i, IpFamily::ipv6));
    }
}

Namespace Cluster::join_link(std::size_t port, const IpAddress& address, const MacAddress& mac) {
    Namespace network = must(Namespace::create_network());
    auto hub = must(Netlink::open_in(link_));
    auto netlink = must(Netlink::open_in(network));
    const InterfaceName name{"u" + std::to_string(port)};
    must(create_veth(hub, {.near = {.name = name, .mac = MacAddress::local_from(0x1000 + port)},
                           .far = {.name = kUplink, .mac = mac, .network = &network},
                           .mtu = sample.settings.underlay_mtu}));
    must(set_link(
        hub, name,
        {.up = true, .master = must(get_link(hub, kBridge)).index, .no_link_local = true}));
    must(set_loopback_up(netlink));
    must(set_link(netlink, kUplink, {.up = true, .no_link_local = true}));
    const IfIndex device = must(get_link(netlink, kUplink)).index;
    must(create_address(netlink, {.address = address,
                                  .length_bits = address.is_ipv4() ? 12U : 64U,
                                  .device = device,
                                  .prefix_route = true}));
    const auto know = [&](const IpAddress& other, const MacAddress& its_mac) {
        if (other != address)
            must(create_neighbour(netlink, {.address = other, .device = device, .mac = its_mac}));
    };
    for (const TunnelNode& node : sample.nodes)
        know(node.endpoint, node.mac);
    know(stranger_address(address.family()), strangers_mac());
    support::wait_until_running(link_, name);
    return network;
}

void Cluster::add_pod(std::size_t index) {
    IpAddresses addresses;
    for (const IpFamily family : kFamilies)
        addresses.set(pod_address(index, family));
    auto made = must(pod::create_sandbox({.network = node(index),
                                          .overlay = sample.nodes[index].overlay,
                                          .cluster_prefixes = sample.settings.cluster_prefixes,
                                          .mtu = mtu_,
                                          .group = LinkGroup{1}},
                                         {.name = "pod-" + std::to_string(index),
                                          .node_end = InterfaceName{"p1"},
                                          .addresses = addresses}));
    nodes_[index].pod.emplace(std::move(made.network));
}

IpAddress Cluster::pod_address(std::size_t index, IpFamily family) const {
    return sample_block(family, index).at(2);
}

TunnelWanted Cluster::wanted_for(std::size_t index) const {
    TunnelWanted wanted = sample.wanted_for(index);
    if (index == 0) wanted.narrow_paths = narrow_paths;
    return wanted;
}

Result<TunnelChange> Cluster::apply(std::size_t index) {
    return backend(index).apply(wanted_for(index));
}

void Cluster::restart(std::size_t index) {
    Node& node = nodes_[index];
    node.backend.reset();
    node.backend = must(node.candidate->open(node.network));
    must(apply(index));
}

}  // namespace flatlan::tunnel
