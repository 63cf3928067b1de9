#include <algorithm>
#include <chrono>

#include "overlay/linux/address.hpp"
#include "overlay/linux/fdb.hpp"
#include "overlay/linux/sysctl.hpp"
#include "tools/doctor/address_probe.hpp"
#include "tools/doctor/collect_facts.hpp"

namespace flatlan::doctor {
namespace {

using namespace std::chrono_literals;

/// The tunnel's device, of every backend that has one (tunnel/kernel/state.hpp).
constexpr std::string_view kTunnelDevice = "flat0";
/// How the node's ends of pods' cables begin (tools/cni/container.cpp).
constexpr std::string_view kCablePrefix = "fl";
/// RFC 5227 waits one to two seconds; a link within one machine room answers in a millisecond.
constexpr Duration kProbeTime = 1s;

bool is_own(const Link& link) {
    return link.name.text() == kTunnelDevice ||
           (link.kind == "veth" && link.name.text().starts_with(kCablePrefix));
}

std::vector<MacAddress> macs_of(const std::vector<Link>& links) {
    std::vector<MacAddress> macs;
    for (const Link& link : links)
        if (link.mac) macs.push_back(*link.mac);
    return macs;
}

/// This node's address among the others, by the device that has it or as the daemon wrote it.
std::optional<IpAddress> local_address(const NodeFacts& facts) {
    if (facts.tunnel && facts.tunnel->vxlan) return facts.tunnel->vxlan->local;
    return facts.node ? facts.node->underlay : std::nullopt;
}

std::optional<Port> tunnel_port(const NodeFacts& facts) {
    if (facts.tunnel && facts.tunnel->vxlan) return facts.tunnel->vxlan->port;
    return facts.is_of(tunnel::BackendKind::user) ? facts.node->port : std::nullopt;
}

Result<void> read_underlay(Netlink& netlink, const std::vector<Link>& links, const IpAddress& local,
                           NodeFacts& facts) {
    FLATLAN_TRY(addresses, list_addresses(netlink));
    for (const InterfaceAddress& found : addresses) {
        if (found.address != local) continue;
        const auto link = std::find_if(links.begin(), links.end(), [&](const Link& each) {
            return each.index == found.device;
        });
        if (link == links.end()) continue;
        UnderlayFacts underlay{.link = *link, .address = local, .port = tunnel_port(facts)};
        if (!local.is_ipv4()) {
            underlay.not_asked = "IPv6 addresses are checked by the kernel when they are set";
        } else if (auto owner = find_other_owner(*link, local.ipv4(), macs_of(links), kProbeTime);
                   owner) {
            underlay.other_owner = owner.value();
        } else {
            underlay.not_asked = owner.error().to_string();
        }
        facts.underlay = std::move(underlay);
        return success();
    }
    facts.lost_address = local;
    return success();
}

Result<void> read_peers(Netlink& netlink, NodeFacts& facts) {
    FLATLAN_TRY(entries, list_fdb_entries(netlink, facts.tunnel->index));
    for (const FdbEntry& entry : entries) {
        FLATLAN_TRY(route, look_up_route(netlink, {.destination = entry.remote,
                                                   .source = facts.tunnel->vxlan->local}));
        facts.peers.push_back({entry.remote, route});
    }
    return success();
}

void read_sysctls(const Namespace& network, NodeFacts& facts) {
    std::vector<std::string> paths{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding",
                                   "net/ipv4/conf/all/rp_filter"};
    for (const Link& link : facts.own_links) {
        const std::string& name = link.name.text();
        paths.insert(paths.end(), {"net/ipv4/conf/" + name + "/rp_filter",
                                   "net/ipv4/conf/" + name + "/forwarding",
                                   "net/ipv6/conf/" + name + "/disable_ipv6"});
    }
    if (facts.underlay)
        paths.push_back("net/ipv4/conf/" + facts.underlay->link.name.text() + "/rp_filter");
    for (const std::string& path : paths)
        if (auto value = read_sysctl(network, path); value)
            facts.sysctls.emplace(path, std::move(value).value());
}

}  // namespace

Result<void> read_network(NodeFacts& facts) {
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY(netlink, Netlink::open());
    FLATLAN_TRY(links, list_links(netlink));
    for (const Link& link : links) {
        if (is_own(link)) facts.own_links.push_back(link);
        const bool is_ours = link.vxlan || facts.is_of(tunnel::BackendKind::user);
        if (link.name.text() == kTunnelDevice && is_ours) facts.tunnel = link;
    }
    if (const auto local = local_address(facts))
        FLATLAN_TRY_VOID(read_underlay(netlink, links, *local, facts));
    if (facts.tunnel && facts.tunnel->vxlan) FLATLAN_TRY_VOID(read_peers(netlink, facts));
    read_sysctls(network, facts);
    return success();
}

}  // namespace flatlan::doctor
