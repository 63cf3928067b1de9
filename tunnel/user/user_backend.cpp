#include "tunnel/user/user_backend.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <utility>

#include "overlay/base/undo.hpp"
#include "tunnel/consistency.hpp"
#include "tunnel/user/tun_device.hpp"
#include "tunnel/user/user_tables.hpp"
#include "tunnel/user/veth_device.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::size_t kQueuesMax = 4;
/// Sockets from which one queue sends: so many ways through the underlay can its flows take.
constexpr std::size_t kSenders = 4;

EngineSettings engine_settings(const TunnelWanted& wanted) {
    return {.vni = wanted.settings.vni,
            .endpoint = wanted.self.endpoint,
            .gateway = {wanted.self.mac, wanted.self.overlay},
            .blocks = wanted.self.blocks};
}

/// All that can change about the tunnel. Of switches, forwarding is told (NETCONFA_FORWARDING);
/// that IPv6 is switched off for the device shows in its routes, which go.
constexpr std::array<unsigned, 8> kGroups{
    RTNLGRP_LINK,       RTNLGRP_NEIGH,      RTNLGRP_IPV4_IFADDR,  RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF};

/// A device counts Ethernet frames, the engine IP packets.
TrafficCount frames(std::uint64_t packets, std::uint64_t octets) {
    return {packets, octets + packets * EthernetHeader::kSizeBytes};
}
TrafficCount sent_of(const Counters& counted) {
    return frames(counted.sent_packets, counted.sent_octets);
}
TrafficCount received_of(const Counters& counted) {
    return frames(counted.received_packets, counted.received_octets);
}

std::vector<DropCount> drops_of(const Counters& counted) {
    std::vector<DropCount> drops;
    for (std::size_t reason = 0; reason < kDropReasons; ++reason)
        drops.push_back(
            {std::string{to_string(static_cast<DropReason>(reason))}, counted.dropped[reason]});
    return drops;
}

PeerFigures figures_of(const TunnelNode& peer, const Counters& counted,
                       const TunnelWanted& wanted) {
    PeerFigures figures{.node = peer.name,
                        .sent = sent_of(counted),
                        .received = received_of(counted),
                        .drops = drops_of(counted)};
    std::erase_if(figures.drops, [](const DropCount& drop) { return drop.packets == 0; });
    if (const auto mtu = path_mtu(BackendKind::user, wanted, peer)) figures.path_mtu = mtu.value();
    return figures;
}

/// Of the device by ethtool's names, of the sockets by their options.
std::vector<std::string> names_of(const Offloads& offloads) {
    std::vector<std::string> names;
    const auto add = [&](bool in_use, const char* name) {
        if (in_use) names.emplace_back(name);
    };
    add(offloads.tcp_uncut, "tcp-segmentation-offload");
    add(offloads.udp_uncut, "tx-udp-segmentation");
    add(offloads.tcp_joined, "generic-receive-offload");
    add(offloads.udp_joined, "rx-udp-gro-forwarding");
    add(offloads.cut_by_kernel, "UDP_SEGMENT");
    add(offloads.joined, "UDP_GRO");
    return names;
}

}  // namespace

struct UserBackend::Devices {
    std::vector<std::unique_ptr<PacketDevice>> queues;
    bool ethernet;
};

std::size_t queues_for(std::size_t processors) {
    return std::clamp<std::size_t>(processors / 2, 1, kQueuesMax);
}

Result<UserBackend> UserBackend::open(const Namespace& network, const UserOptions& options) {
    FLATLAN_CHECK(options.queues >= 1);
    FLATLAN_TRY(own, network.duplicate());
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(events, NetlinkEvents::open_in(network, kGroups));
    FLATLAN_TRY_VOID(events.leave_out(netlink));
    return UserBackend{std::move(own), std::move(netlink), std::move(events), options};
}

UserBackend::UserBackend(UserBackend&& other) noexcept
    : network_{std::move(other.network_)},
      netlink_{std::move(other.netlink_)},
      events_{std::move(other.events_)},
      options_{other.options_},
      running_{std::exchange(other.running_, std::nullopt)},
      as_wanted_{std::exchange(other.as_wanted_, false)} {}

UserBackend::~UserBackend() {
    if (running_) static_cast<void>(remove());
}

Result<TunnelChange> UserBackend::apply(const TunnelWanted& wanted) {
    // What was told until now is read anew here; what is told from here on stays news.
    FLATLAN_TRY_VOID(is_untouched());
    as_wanted_ = false;
    FLATLAN_TRY_VOID(check_consistent(wanted));
    FLATLAN_TRY(mtu, overlay_mtu(BackendKind::user, wanted.settings.underlay_mtu,
                                 wanted.self.endpoint.family(), carries_ipv6(wanted.settings)));
    const EngineSettings settings = engine_settings(wanted);
    const auto peers = peers_for(wanted, mtu);
    const Endpoint local{wanted.self.endpoint, wanted.settings.port};

    TunnelChange made;
    FLATLAN_TRY(link, find_usable_device());
    if (link && running_->local == local && running_->mac == wanted.self.mac) {
        running_->device.mtu = mtu;
        FLATLAN_TRY(changed, mend(*link));
        made.replaced += changed;
        for (const auto& pump : running_->pumps)
            FLATLAN_TRY_VOID(pump->configure(settings, mtu, peers));
    } else {
        ++(running_ ? made.replaced : made.added);
        FLATLAN_TRY(started, start(wanted, mtu, settings, peers));
        running_.emplace(std::move(started));
    }
    const IfIndex index = running_->device.index;
    const UserTables tables = tables_for(wanted, mtu, device(), index, !uses_tun());
    FLATLAN_TRY(change, ensure_tables(network_, netlink_, index, tables));
    as_wanted_ = true;
    return TunnelChange{made.added + change.added, made.replaced + change.replaced,
                        made.removed + change.removed};
}

Result<std::optional<Link>> UserBackend::find_usable_device() const {
    if (!running_) return std::optional<Link>{};
    FLATLAN_TRY(link, find_link(netlink_, device()));
    if (link && !is_usable(running_->device, *link)) link.reset();
    return link;
}

/// Says how many things it changed. An address that is given again, the same, makes the kernel
/// forget the neighbours all the same.
Result<std::size_t> UserBackend::mend(const Link& link) {
    const MadeDevice& made = running_->device;
    LinkChange change;
    if (link.mtu != LinkMtu{made.mtu}) change.mtu = made.mtu;
    if (made.mac && link.mac != made.mac) change.mac = made.mac;
    if (!change.mtu && !change.mac) return 0;
    FLATLAN_TRY_VOID(set_link(netlink_, link.index, change));
    return 1;
}

Result<UserBackend::Running> UserBackend::start(const TunnelWanted& wanted, OverlayMtu mtu,
                                                const EngineSettings& settings,
                                                std::span<const Peer> peers) {
    const Endpoint local{wanted.self.endpoint, wanted.settings.port};
    // What may be refused comes first, while the tunnel that was there works on: its own sockets
    // are the only ones that may be in the way.
    std::vector<UniqueFd> receivers;
    if (!running_ || running_->local != local) {
        FLATLAN_TRY(opened, open_receivers(network_, local, options_.queues));
        receivers = std::move(opened);
    }
    if (running_) FLATLAN_TRY_VOID(remove());
    if (receivers.empty()) {
        FLATLAN_TRY(opened, open_receivers(network_, local, options_.queues));
        receivers = std::move(opened);
    }
    FLATLAN_TRY(devices, make_devices(wanted.self.mac, mtu));
    Undo take_away{[&] { static_cast<void>(remove_link(netlink_, device())); }};
    // Of its states on the way the kernel told too.
    FLATLAN_TRY_VOID(is_untouched());
    FLATLAN_TRY(link, get_link(netlink_, device()));
    const auto mac = devices.ethernet ? std::optional{wanted.self.mac} : std::nullopt;
    Running running{{link.index, link.name, mtu, mac}, local, wanted.self.mac, {}};
    for (std::size_t queue = 0; queue < options_.queues; ++queue) {
        std::vector<UniqueFd> senders;
        for (std::size_t i = 0; i < kSenders; ++i) {
            FLATLAN_TRY(sender, open_sender(network_, local.address));
            senders.push_back(std::move(sender));
        }
        FLATLAN_TRY(pump, Pump::start({.device = std::move(devices.queues[queue]),
                                       .receiver = std::move(receivers[queue]),
                                       .senders = std::move(senders),
                                       .settings = settings,
                                       .port = wanted.settings.port,
                                       .mtu = mtu}));
        FLATLAN_TRY_VOID(pump->configure(settings, mtu, peers));
        running.pumps.push_back(std::move(pump));
    }
    take_away.disarm();
    return running;
}

Result<UserBackend::Devices> UserBackend::make_devices(const MacAddress& mac, OverlayMtu mtu) {
    FLATLAN_TRY_VOID(VethDevice::remove_leftover(netlink_, device()));
    if (options_.device != UserDevice::veth) {
        auto queues = TunDevice::create(network_, device(), options_.queues);
        if (queues) {
            FLATLAN_TRY_VOID(
                set_link(netlink_, device(), {.up = true, .mtu = mtu, .no_link_local = true}));
            return Devices{std::move(queues).value(), false};
        }
        const ErrorCode code = queues.error().code();
        const bool may_fall_back = code == ErrorCode::forbidden || code == ErrorCode::unsupported;
        if (options_.device == UserDevice::tun || !may_fall_back) return std::move(queues).error();
    }
    FLATLAN_TRY(queues, VethDevice::create(network_, device(), mac, mtu, options_.queues));
    return Devices{std::move(queues), true};
}

Result<void> UserBackend::remove() {
    as_wanted_ = false;
    if (!running_) return success();
    const IfIndex index = running_->device.index;
    running_->pumps.clear();
    running_.reset();
    return remove_link(netlink_, index);
}

Result<bool> UserBackend::is_untouched() {
    FLATLAN_TRY(complete, events_.drain([&](const NetlinkMessageView& told) {
        if (running_ && is_news(running_->device, told)) as_wanted_ = false;
    }));
    if (!complete) as_wanted_ = false;
    return as_wanted_;
}

Result<TunnelFigures> UserBackend::figures(const std::optional<TunnelWanted>& peers) {
    TunnelFigures figures;
    if (!running_) return figures;
    const Counters all = counters();
    figures.sent = sent_of(all);
    figures.received = received_of(all);
    figures.drops = drops_of(all);
    if (peers)
        for (const TunnelNode& node : peers->nodes)
            if (const auto counted = find_counters(node.endpoint))
                figures.peers.push_back(figures_of(node, *counted, *peers));
    figures.offloads = names_of(running_->pumps.front()->offloads());
    return figures;
}

Counters UserBackend::counters() const {
    Counters sum;
    if (running_)
        for (const auto& pump : running_->pumps)
            sum += pump->counters();
    return sum;
}

std::optional<Counters> UserBackend::find_counters(const IpAddress& endpoint) const {
    std::optional<Counters> sum;
    if (!running_) return sum;
    for (const auto& pump : running_->pumps)
        if (const auto counted = pump->find_counters(endpoint)) {
            if (!sum) sum.emplace();
            *sum += *counted;
        }
    return sum;
}

std::optional<Offloads> UserBackend::offloads() const {
    if (!running_) return std::nullopt;
    return running_->pumps.front()->offloads();
}

}  // namespace flatlan::tunnel
