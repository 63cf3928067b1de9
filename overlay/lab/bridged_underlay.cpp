#include "overlay/lab/bridged_underlay.hpp"

#include <poll.h>

#include "overlay/base/hash.hpp"
#include "overlay/base/undo.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/bridge.hpp"
#include "overlay/linux/neighbour.hpp"
#include "overlay/linux/veth.hpp"

namespace flatlan::lab {
namespace {

constexpr LinkGroup kPorts{1};
/// A millisecond lies between two tries.
constexpr int kCarrierTriesMax = 10000;

const InterfaceName& bridge_name() {
    static const InterfaceName name{"br0"};
    return name;
}
const InterfaceName& node_end() {
    static const InterfaceName name{"eth0"};
    return name;
}
InterfaceName port_name(std::size_t port) { return InterfaceName{"u" + std::to_string(port)}; }

/// Returns when packets pass all these ports: the bridge forwards to a port once the kernel has
/// noticed its carrier (linkwatch), and drops before.
Result<void> ensure_carrier(Netlink& netlink, std::vector<InterfaceName> names) {
    for (int tries = 0; tries < kCarrierTriesMax; ++tries) {
        FLATLAN_TRY(links, get_links(netlink, names));
        names.clear();
        for (const Link& link : links)
            if (!link.is_running()) names.push_back(link.name);
        if (names.empty()) return success();
        ::poll(nullptr, 0, 1);
    }
    return Error{ErrorCode::timed_out, "'" + names.front().text() + "' does not get a carrier"};
}

}  // namespace

Result<BridgedUnderlay> BridgedUnderlay::create(const LabSpec& spec) {
    FLATLAN_TRY(hub, Namespace::create_network());
    FLATLAN_TRY(netlink, Netlink::open_in(hub));
    FLATLAN_TRY_VOID(create_bridge(
        netlink,
        {.name = bridge_name(), .mac = MacAddress::local_from(0), .mtu = spec.underlay_mtu}));
    FLATLAN_TRY_VOID(set_link(netlink, bridge_name(), {.up = true}));
    return BridgedUnderlay{std::move(hub), spec.underlay_cidrs, spec.underlay_mtu, spec.vni};
}

Result<std::vector<Namespace>> BridgedUnderlay::attach(std::span<const PlannedNode> nodes,
                                                       std::size_t first_port) {
    Undo take_back{[&] {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            static_cast<void>(detach(first_port + i));
    }};
    std::vector<Namespace> networks;
    {
        FLATLAN_TRY(scope, NamespaceScope::here());
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            FLATLAN_TRY(network, scope.move_to_new());
            FLATLAN_TRY(held, network.duplicate());
            members_.emplace(first_port + i, Member{std::move(held), nodes[i].underlay,
                                                    tunnel::endpoint_mac(nodes[i].name, vni_)});
            networks.push_back(std::move(network));
        }
    }
    if (auto connected = connect(nodes, first_port); !connected)
        return std::move(connected).error().within("attach the nodes to the underlay");
    take_back.disarm();
    return networks;
}

Result<void> BridgedUnderlay::connect(std::span<const PlannedNode> nodes, std::size_t first_port) {
    FLATLAN_TRY(netlink, Netlink::open_in(hub_));
    FLATLAN_TRY(bridge, get_link(netlink, bridge_name()));
    NetlinkBatch batch;
    std::vector<InterfaceName> ports;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const std::size_t port = first_port + i;
        const Member& member = members_.at(port);
        ports.push_back(port_name(port));
        create_veth(
            batch,
            {.near = {.name = ports.back(),
                      .mac = MacAddress::local_from(stable_hash("port of " + nodes[i].name.text())),
                      .group = kPorts},
             .far = {.name = node_end(), .mac = member.mac, .network = &member.network},
             .mtu = mtu_});
        set_link(batch, ports.back(),
                 {.up = true,
                  .alias = "underlay of node " + nodes[i].name.text(),
                  .master = bridge.index,
                  .no_link_local = true});
    }
    FLATLAN_TRY_VOID(netlink.execute(batch));
    for (std::size_t port = first_port; port < first_port + nodes.size(); ++port)
        FLATLAN_TRY_VOID(configure(members_.at(port)));
    FLATLAN_TRY_VOID(introduce(first_port));
    return ensure_carrier(netlink, std::move(ports));
}

Result<void> BridgedUnderlay::configure(const Member& member) {
    FLATLAN_TRY(netlink, Netlink::open_in(member.network));
    FLATLAN_TRY(link, get_link(netlink, node_end()));
    NetlinkBatch batch;
    set_loopback_up(batch);
    set_link(batch, node_end(), {.up = true, .no_link_local = true});
    for (const IpPrefix& cidr : cidrs_)
        if (const auto address = member.addresses.find(cidr.family()))
            create_address(batch, {.address = *address,
                                   .length_bits = cidr.length_bits(),
                                   .device = link.index,
                                   .prefix_route = true});
    return netlink.execute(batch);
}

/// The new ones, from `first_port` on, to all, and all to the new ones.
Result<void> BridgedUnderlay::introduce(std::size_t first_port) {
    for (const auto& [port, member] : members_) {
        FLATLAN_TRY(netlink, Netlink::open_in(member.network));
        FLATLAN_TRY(link, get_link(netlink, node_end()));
        NetlinkBatch batch;
        for (const auto& [other_port, other] : members_) {
            if (other_port == port || (port < first_port && other_port < first_port)) continue;
            for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
                if (const auto address = other.addresses.find(family))
                    replace_neighbour(
                        batch, {.address = *address, .device = link.index, .mac = other.mac});
        }
        FLATLAN_TRY_VOID(netlink.execute(batch));
    }
    return success();
}

Result<void> BridgedUnderlay::detach(std::size_t port) {
    const auto gone = members_.extract(port);
    if (gone.empty()) return success();
    FLATLAN_TRY(hub, Netlink::open_in(hub_));
    FLATLAN_TRY_VOID(remove_link(hub, port_name(port)));
    for (const auto& [other_port, other] : members_) {
        FLATLAN_TRY(netlink, Netlink::open_in(other.network));
        FLATLAN_TRY(link, get_link(netlink, node_end()));
        NetlinkBatch batch;
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto address = gone.mapped().addresses.find(family))
                remove_neighbour(
                    batch, {.address = *address, .device = link.index, .mac = gone.mapped().mac});
        FLATLAN_TRY_VOID(netlink.execute(batch));
    }
    return success();
}

Result<void> BridgedUnderlay::detach_all() {
    members_.clear();
    FLATLAN_TRY(netlink, Netlink::open_in(hub_));
    return remove_link_group(netlink, kPorts);
}

}  // namespace flatlan::lab
