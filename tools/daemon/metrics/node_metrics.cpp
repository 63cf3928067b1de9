#include "tools/daemon/metrics/node_metrics.hpp"

#include <algorithm>

#include "ipam/room.hpp"

namespace flatlan::daemon {
namespace {

using enum Exposition::Type;

std::uint64_t number(bool yes) { return yes ? 1 : 0; }

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

/// A metric has no time of its own but as a value: seconds since 1970, so that what was long ago
/// does not change while nothing happens.
double wall_time(Instant at, const BothClocks& now) { return seconds(now.wall - (now.boot - at)); }

bool has_family(const std::vector<IpPrefix>& prefixes, IpFamily family) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& prefix) { return prefix.family() == family; });
}

void write_peers(Exposition& out, const node::NodeState& state) {
    std::uint64_t alive = 0;
    out.begin("flatlan_peer_up", gauge, "Whether the other node gives signs of life.");
    for (const node::PeerState& peer : state.peers) {
        out.add({{"peer", peer.node.name.text()}}, number(peer.alive));
        alive += number(peer.alive);
    }
    out.begin("flatlan_peers", gauge, "Other nodes of the cluster, by what is known of them.");
    out.add({{"state", "alive"}}, alive);
    out.add({{"state", "silent"}}, state.peers.size() - alive);
    out.add({{"state", "left_out"}}, state.left_out.size());
}

void write_registry(Exposition& out, const node::NodeState& state, const BothClocks& now) {
    out.gauge("flatlan_registry_connected", "Whether the registry answered when last asked.",
              number(state.registry_answers));
    if (state.heard_at)
        out.gauge("flatlan_registry_last_event_timestamp_seconds",
                  "When the watch told last of a change of the cluster.",
                  wall_time(*state.heard_at, now));
    if (state.confirmed_at != Instant{})
        out.gauge("flatlan_registry_last_confirmation_timestamp_seconds",
                  "When the registry confirmed this node's blocks last.",
                  wall_time(state.confirmed_at, now));
    out.gauge("flatlan_registry_epoch", "How often the registry has lost its data.", state.epoch);
    out.gauge("flatlan_claims_paused",
              "Whether claims wait for members to publish their blocks again.",
              number(state.paused));
    out.gauge("flatlan_members_awaited", "Members that have not published their blocks again.",
              std::uint64_t{state.awaited.size()});
}

void write_pools(Exposition& out, const node::NodeState& state) {
    out.begin("flatlan_pool_blocks", gauge, "Blocks into which a pool of the cluster is cut.");
    for (const node::PoolClaims& pool : state.pools)
        out.add({{"pool", to_string(pool.pool)}}, pool.blocks);
    out.begin("flatlan_pool_blocks_claimed", gauge, "Blocks of the pool that any node has.");
    for (const node::PoolClaims& pool : state.pools)
        out.add({{"pool", to_string(pool.pool)}}, pool.claimed);
    out.begin("flatlan_pool_blocks_free", gauge, "Blocks of the pool that no node has.");
    for (const node::PoolClaims& pool : state.pools)
        out.add({{"pool", to_string(pool.pool)}},
                pool.blocks - std::min(pool.blocks, pool.claimed));
}

/// Of the peers that are counted.
void write_traffic(Exposition& out, std::string_view name, std::string_view help,
                   const std::vector<tunnel::PeerFigures>& peers,
                   std::optional<tunnel::TrafficCount> tunnel::PeerFigures::*traffic,
                   std::uint64_t tunnel::TrafficCount::*value) {
    out.begin(name, counter, help);
    for (const tunnel::PeerFigures& peer : peers)
        if (peer.*traffic) out.add({{"peer", peer.node.text()}}, *(peer.*traffic).*value);
}

void write_peer_figures(Exposition& out, const std::vector<tunnel::PeerFigures>& peers) {
    if (peers.empty()) return;
    using Peer = tunnel::PeerFigures;
    write_traffic(out, "flatlan_peer_sent_packets_total", "Packets sent to the other node.", peers,
                  &Peer::sent, &tunnel::TrafficCount::packets);
    write_traffic(out, "flatlan_peer_sent_bytes_total", "Octets sent to the other node.", peers,
                  &Peer::sent, &tunnel::TrafficCount::octets);
    write_traffic(out, "flatlan_peer_received_packets_total", "Packets from the other node.", peers,
                  &Peer::received, &tunnel::TrafficCount::packets);
    write_traffic(out, "flatlan_peer_received_bytes_total", "Octets from the other node.", peers,
                  &Peer::received, &tunnel::TrafficCount::octets);
    out.begin("flatlan_peer_dropped_packets_total", counter,
              "Packets to or from the other node that were dropped, for reasons that occurred.");
    for (const Peer& peer : peers)
        for (const tunnel::DropCount& drop : peer.drops)
            out.add({{"peer", peer.node.text()}, {"reason", drop.reason}}, drop.packets);
    out.begin("flatlan_peer_path_mtu_bytes", gauge,
              "The largest packet of a pod that gets to the other node whole.");
    for (const Peer& peer : peers)
        if (peer.path_mtu)
            out.add({{"peer", peer.node.text()}}, std::uint64_t{peer.path_mtu->value()});
}

}  // namespace

void write_info(Exposition& out, const NodeInfo& info) {
    out.begin("flatlan_build_info", gauge, "The daemon's version; always 1.");
    out.add({{"version", info.version}}, std::uint64_t{1});
    out.begin("flatlan_node_info", gauge, "What this node is; always 1.");
    out.add({{"node", info.node},
             {"cluster", info.cluster},
             {"registry", info.registry},
             {"backend", info.backend},
             {"underlay", info.underlay},
             {"interface", info.interface}},
            std::uint64_t{1});
}

void write_counts(Exposition& out, const DaemonCounts& counts) {
    out.counter("flatlan_rounds_total", "Rounds of comparing what is wanted with what is there.",
                counts.rounds.load());
    out.begin("flatlan_failed_rounds_total", counter, "Rounds that ended with an error, by code.");
    for (std::size_t code = 0; code < DaemonCounts::kCodes; ++code)
        out.add({{"code", std::string{to_string(static_cast<ErrorCode>(code))}}},
                counts.failed_rounds[code].load());
    out.begin("flatlan_reloads_total", counter, "Settings read again on request (SIGHUP).");
    out.add({{"result", "success"}}, counts.reloads.load());
    out.add({{"result", "failure"}}, counts.failed_reloads.load());
    out.gauge("flatlan_last_reload_successful", "Whether the last of them, if any, could be read.",
              number(!counts.last_reload_failed.load()));
}

void write_state(Exposition& out, const node::NodeState& state, const BothClocks& now) {
    out.gauge("flatlan_node_joined", "Whether the others know this node and its tunnel is made.",
              number(state.joined));
    write_registry(out, state, now);
    write_peers(out, state);
    write_pools(out, state);
    out.gauge("flatlan_leases_lost", "Leases whose address was lost together with its block.",
              std::uint64_t{state.lost.size()});
    out.counter("flatlan_repairs_total",
                "Things in the kernel that were put right after somebody else's change.",
                state.repairs);
}

void write_leases(Exposition& out, const ipam::PoolView& view,
                  const std::vector<node::PoolClaims>& pools) {
    const auto sums = [&](const IpPrefix& pool) {
        std::uint64_t blocks = 0;
        ipam::PoolUsage sum;
        for (const ipam::HeldBlock& held : view.blocks) {
            if (!pool.contains(held.block.address())) continue;
            ++blocks;
            sum.leased += held.usage.leased;
            sum.free += held.usage.free;
            sum.cooling += held.usage.cooling;
            sum.reserved += held.usage.reserved;
            sum.excluded += held.usage.excluded;
        }
        return std::pair{blocks, sum};
    };
    out.begin("flatlan_node_blocks", gauge, "Blocks that this node has.");
    for (const node::PoolClaims& pool : pools)
        out.add({{"pool", to_string(pool.pool)}}, sums(pool.pool).first);
    out.begin("flatlan_node_addresses", gauge, "Addresses of this node's blocks, by state.");
    for (const node::PoolClaims& pool : pools) {
        const ipam::PoolUsage usage = sums(pool.pool).second;
        for (const auto& [state, count] : {std::pair{"leased", usage.leased},
                                           {"free", usage.free},
                                           {"cooling", usage.cooling},
                                           {"reserved", usage.reserved},
                                           {"excluded", usage.excluded}})
            out.add({{"pool", to_string(pool.pool)}, {"state", state}}, count);
    }
    out.gauge("flatlan_leases", "Leases of this node: of pods and its own.",
              std::uint64_t{view.leases.size()});
}

void write_tunnel(Exposition& out, const tunnel::TunnelFigures& figures) {
    out.counter("flatlan_tunnel_sent_packets_total", "Packets that went into the tunnel.",
                figures.sent.packets);
    out.counter("flatlan_tunnel_sent_bytes_total", "Octets that went into the tunnel.",
                figures.sent.octets);
    out.counter("flatlan_tunnel_received_packets_total", "Packets that came out of the tunnel.",
                figures.received.packets);
    out.counter("flatlan_tunnel_received_bytes_total", "Octets that came out of the tunnel.",
                figures.received.octets);
    out.begin("flatlan_tunnel_dropped_packets_total", counter,
              "Packets that the tunnel did not pass on, by reason.");
    for (const tunnel::DropCount& drop : figures.drops)
        out.add({{"reason", drop.reason}}, drop.packets);
    write_peer_figures(out, figures.peers);
}

AddRefusals find_refusals(const std::optional<node::NodeState>& state,
                          const std::optional<ipam::PoolView>& view,
                          const std::vector<IpPrefix>& cluster_prefixes,
                          const std::optional<Duration>& offline_max, Instant now) {
    const auto is_full = [&](IpFamily family) {
        return view && has_family(cluster_prefixes, family) &&
               ipam::addresses_left(*view, family) == 0;
    };
    const bool never = !state || state->confirmed_at == Instant{};
    return {.not_joined = !state || !state->joined,
            .offline = offline_max && (never || now - state->confirmed_at > *offline_max),
            .no_ipv4_address = is_full(IpFamily::ipv4),
            .no_ipv6_address = is_full(IpFamily::ipv6),
            .leases_unreadable = !view};
}

void write_refusals(Exposition& out, const AddRefusals& refusals) {
    out.begin("flatlan_add_refused", gauge,
              "Whether pods cannot be added now, by each reason that there can be.");
    for (const auto& [reason, yes] : {std::pair{"not_joined", refusals.not_joined},
                                      {"offline", refusals.offline},
                                      {"no_ipv4_address", refusals.no_ipv4_address},
                                      {"no_ipv6_address", refusals.no_ipv6_address},
                                      {"leases_unreadable", refusals.leases_unreadable}})
        out.add({{"reason", reason}}, number(yes));
}

}  // namespace flatlan::daemon
