#include "tunnel/kernel/wanted_state.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "overlay/base/link_local.hpp"
#include "tunnel/consistency.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::uint32_t kIpv6LinkMtuMin = 1280;  // below, the kernel takes IPv6 off the device

/// Our numbers have the upper bit clear and the next one set: far from those that routing daemons
/// and people count up from 1.
constexpr std::uint32_t kNexthopBase = 0x4000'0000;

/// Gives each gateway a number: the one that it has, or one derived from its address that is free.
class NexthopNumbers {
public:
    NexthopNumbers(std::span<const TunnelNexthop> known, std::size_t gateways) {
        taken_.reserve(known.size() + gateways);
        for (const TunnelNexthop& nexthop : known) {
            taken_.insert(nexthop.id.value());
            if (!nexthop.altered) numbers_.emplace(nexthop.gateway, nexthop.id);
        }
    }

    NexthopId number_of(const IpAddress& gateway) {
        if (const auto known = numbers_.find(gateway); known != numbers_.end())
            return known->second;
        auto number = static_cast<std::uint32_t>(std::hash<IpAddress>{}(gateway)) % kNexthopBase;
        while (!taken_.insert(kNexthopBase + number).second)
            number = (number + 1) % kNexthopBase;
        return NexthopId{kNexthopBase + number};
    }

private:
    std::unordered_set<std::uint32_t> taken_;
    std::unordered_map<IpAddress, NexthopId> numbers_;
};

/// Zero checksums over IPv4, as RFC 7348 wants it (section 4.1). Over IPv6 most receivers refuse
/// those unless told (RFC 6935; `udp6zerocsumrx` of ip-link(8) is off), so there they are made.
VxlanSettings settings_of(const TunnelWanted& wanted) {
    return {.vni = wanted.settings.vni,
            .port = wanted.settings.port,
            .local = wanted.self.endpoint,
            .udp_checksum = wanted.self.endpoint.is_ipv6()};
}

std::vector<TunnelSysctl> sysctls(const VxlanDevice& device, bool inner_ipv6, bool ipv6_gateways) {
    const std::string of_device = "net/ipv4/conf/" + device.name.text();
    std::vector<TunnelSysctl> wanted{
        {"net/ipv4/ip_forward", 1}, {of_device + "/forwarding", 1}, {of_device + "/rp_filter", 0}};
    if (inner_ipv6) wanted.push_back({"net/ipv6/conf/all/forwarding", 1});
    if (ipv6_gateways)
        wanted.push_back({"net/ipv6/conf/" + device.name.text() + "/disable_ipv6", 0});
    return wanted;
}

template <typename Entry>
void sort_by_key(std::vector<Entry>& entries) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
}

/// Builds the tables peer by peer.
class TableBuilder {
public:
    TableBuilder(const TunnelWanted& wanted, const VxlanDevice& device, bool ipv6_gateways,
                 std::span<const TunnelNexthop> known)
        : wanted_{wanted},
          device_{device},
          ipv6_gateways_{ipv6_gateways},
          numbers_{known, wanted.nodes.size()} {
        tables_.fdb.reserve(wanted.nodes.size());
        tables_.neighbours.reserve(wanted.nodes.size());
        tables_.nexthops.reserve(wanted.nodes.size());
        tables_.routes.reserve(wanted.nodes.size() * 2);
    }

    void add(const TunnelNode& peer) {
        const IpAddress gateway = gateway_of(peer);
        const NexthopId nexthop = numbers_.number_of(gateway);
        tables_.fdb.push_back({peer.mac, peer.endpoint});
        tables_.neighbours.push_back({gateway, peer.mac});
        tables_.nexthops.push_back({nexthop, gateway});
        const auto mtu = mtu_towards(peer);
        for (const IpPrefix& block : peer.blocks)
            tables_.routes.push_back({.prefix = block,
                                      .nexthop = nexthop,
                                      .source = wanted_.self.overlay.find(block.family()),
                                      .mtu = mtu});
    }

    KernelTables finish(std::vector<TunnelSysctl> sysctls) {
        tables_.sysctls = std::move(sysctls);
        for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
            if (const auto own = wanted_.self.overlay.find(family))
                tables_.addresses.push_back({IpPrefix::host(*own)});
        sort_by_key(tables_.sysctls);
        sort_by_key(tables_.addresses);
        sort_by_key(tables_.fdb);
        sort_by_key(tables_.neighbours);
        sort_by_key(tables_.nexthops);
        sort_by_key(tables_.routes);
        return std::move(tables_);
    }

private:
    /// Stands for the peer in the routes to it. An IPv4 gateway has to be an address that no other
    /// peer has, and need not be anybody's.
    IpAddress gateway_of(const TunnelNode& peer) const {
        if (ipv6_gateways_) return link_local_from(peer.mac);
        if (peer.overlay.ipv4) return *peer.overlay.ipv4;
        return std::min_element(peer.blocks.begin(), peer.blocks.end())->address();
    }

    /// Nothing where the way passes all that the device does.
    std::optional<OverlayMtu> mtu_towards(const TunnelNode& peer) const {
        if (wanted_.narrow_paths.empty()) return std::nullopt;
        const auto mtu = path_mtu(BackendKind::kernel, wanted_, peer);
        return mtu && mtu.value() < device_.mtu ? std::optional{mtu.value()} : std::nullopt;
    }

    const TunnelWanted& wanted_;
    const VxlanDevice& device_;
    bool ipv6_gateways_;
    NexthopNumbers numbers_;
    KernelTables tables_;
};

}  // namespace

Result<KernelTunnelState> wanted_state(const TunnelWanted& wanted, const KernelFacts& facts) {
    FLATLAN_TRY_VOID(check_consistent(wanted));
    const bool inner_ipv6 = carries_ipv6(wanted.settings);
    if (inner_ipv6 && facts.ipv6 == Ipv6State::absent)
        return Error{ErrorCode::unsupported, "the cluster carries IPv6 and this kernel does not"}
            .expecting("a kernel that was not started with ipv6.disable=1");
    FLATLAN_TRY(mtu, overlay_mtu(BackendKind::kernel, wanted.settings.underlay_mtu,
                                 wanted.self.endpoint.family(), inner_ipv6));
    const VxlanDevice device{.settings = settings_of(wanted), .mtu = mtu, .mac = wanted.self.mac};
    const bool ipv6_gateways =
        inner_ipv6 || (facts.ipv6 == Ipv6State::on && mtu.value() >= kIpv6LinkMtuMin);

    TableBuilder tables{wanted, device, ipv6_gateways, facts.nexthops};
    for (const TunnelNode& node : wanted.nodes)
        if (node.name != wanted.self.name && !node.blocks.empty()) tables.add(node);
    return KernelTunnelState{device, tables.finish(sysctls(device, inner_ipv6, ipv6_gateways))};
}

}  // namespace flatlan::tunnel
