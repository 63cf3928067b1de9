#include "tests/netns/tunnel/kernel/tunnel_world.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "overlay/linux/address.hpp"
#include "overlay/linux/bridge.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/route.hpp"
#include "overlay/linux/sysctl.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/run_tool.hpp"

namespace flatlan::tunnel {
namespace {

using support::must;

constexpr std::uint32_t kLocalTable = 255;  // RT_TABLE_LOCAL

const InterfaceName& bridge_name() {
    static const InterfaceName name{"br0"};
    return name;
}

/// Asks until `is_so` says yes; throws when it does not within ten seconds.
template <typename Condition>
void wait_until(const char* what, Condition is_so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!is_so())
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{std::string{"still waiting until "} + what};
}

std::size_t count_in(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at)
        ++count;
    return count;
}

/// Whether the namespace delivers to itself what goes to the address.
bool is_local(Netlink& netlink, const IpAddress& address) {
    const auto routes = must(list_routes(netlink, {.table = kLocalTable}));
    return std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
        return route.destination == IpPrefix::host(address);
    });
}

MacAddress underlay_mac(std::size_t node) { return MacAddress::local_from(0x100 + node); }

}  // namespace

TunnelWorld::TunnelWorld(const SampleShape& shape)
    : cluster{sample_cluster(shape)}, underlay_{must(Namespace::create_network())} {
    auto netlink = must(Netlink::open_in(underlay_));
    must(create_bridge(
        netlink,
        {.name = bridge_name(), .mac = MacAddress::local_from(1), .mtu = shape.underlay_mtu}));
    must(set_link(netlink, bridge_name(), {.up = true}));
    for (std::size_t i = 0; i < shape.nodes; ++i)
        add_node(i, netlink);
    // The kernel notices a carrier by and by, and a port without one does not forward.
    wait_until("the ports forward", [&] {
        return count_in(support::run_tool(underlay_, "bridge link show"), "state forwarding") ==
               size();
    });
}

void TunnelWorld::add_node(std::size_t index, Netlink& switch_netlink) {
    Namespace network = must(Namespace::create_network());
    // As on a prepared node; a new namespace has what the machine has.
    must(ensure_sysctls(network, std::array{Sysctl{"net/ipv4/conf/default/rp_filter", "0"}}));
    auto netlink = must(Netlink::open_in(network));
    const InterfaceName port{"u" + std::to_string(index)};
    const InterfaceName eth0{"eth0"};
    must(create_veth(switch_netlink,
                     {.near = {.name = port, .mac = MacAddress::local_from(0x200 + index)},
                      .far = {.name = eth0, .mac = underlay_mac(index), .network = &network},
                      .mtu = cluster.settings.underlay_mtu}));
    const Link bridge = must(get_link(switch_netlink, bridge_name()));
    must(set_link(switch_netlink, port,
                  {.up = true, .master = bridge.index, .no_link_local = true}));
    must(set_loopback_up(netlink));
    must(set_link(netlink, eth0, {.up = true, .no_link_local = true}));
    const IfIndex device = must(get_link(netlink, eth0)).index;
    const IpAddress endpoint = cluster.nodes[index].endpoint;
    must(create_address(netlink, {.address = endpoint,
                                  .length_bits = endpoint.is_ipv4() ? 12U : 64U,
                                  .device = device,
                                  .prefix_route = true}));
    for (std::size_t i = 0; i < cluster.nodes.size(); ++i)
        if (i != index)
            must(create_neighbour(
                netlink,
                {.address = cluster.nodes[i].endpoint, .device = device, .mac = underlay_mac(i)}));
    auto backend = must(KernelBackend::open(network));
    must(backend.watch());
    nodes_.push_back({std::move(network), std::move(netlink), std::move(backend)});
}

void TunnelWorld::apply_all() {
    for (std::size_t i = 0; i < size(); ++i)
        must(apply(i));
    wait_until_local();
}

void TunnelWorld::wait_until_local() {
    for (std::size_t i = 0; i < size(); ++i)
        if (const auto ipv6 = cluster.nodes[i].overlay.ipv6)
            wait_until("an address is local", [&] { return is_local(netlink(i), *ipv6); });
}

}  // namespace flatlan::tunnel
