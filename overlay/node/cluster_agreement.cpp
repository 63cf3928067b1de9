#include "overlay/node/cluster_agreement.hpp"

#include <algorithm>

namespace flatlan::node {
namespace {

std::string text_of(const ipam::ClusterPools& pools) {
    std::string text;
    for (const ipam::PoolSpec& pool : pools.pools())
        text += (text.empty() ? "" : ", ") + to_string(pool.cluster()) + " in blocks of /" +
                std::to_string(pool.block_length_bits());
    return text;
}

Result<void> same(const std::string& setting, const std::string& cluster, const std::string& own) {
    if (cluster == own) return success();
    return Error{ErrorCode::invalid_argument,
                 "the cluster has " + setting + " " + cluster + ", this node's settings " + own}
        .expecting("the same on every node, or nothing: then the cluster's holds");
}

template <typename Number>
Result<void> same_number(const std::string& setting, const Number& cluster,
                         const std::optional<Number>& own) {
    if (!own) return success();
    return same(setting, std::to_string(cluster.value()), std::to_string(own->value()));
}

template <typename Switch>
Result<void> same_switch(const std::string& setting, Switch cluster,
                         const std::optional<Switch>& own) {
    const auto text = [](Switch state) { return state == Switch::on ? "on" : "off"; };
    return own ? same(setting, text(cluster), text(*own)) : success();
}

Result<void> same_span(const std::string& setting, const std::optional<Duration>& cluster,
                       const std::optional<Duration>& own) {
    const auto text = [](const Duration& span) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) +
               " s";
    };
    return own ? same(setting, cluster ? text(*cluster) : "not set", text(*own)) : success();
}

std::string text_of(const std::vector<IpPrefix>& prefixes) {
    std::string text;
    for (const IpPrefix& prefix : prefixes)
        text += (text.empty() ? "" : ", ") + to_string(prefix);
    return text.empty() ? "none" : text;
}

}  // namespace

Result<void> check_wish(const ClusterWish& wish, const control::ClusterRecord& cluster) {
    FLATLAN_TRY_VOID(same_number("vni", cluster.tunnel.vni, wish.vni));
    FLATLAN_TRY_VOID(same_number("port", cluster.tunnel.port, wish.port));
    FLATLAN_TRY_VOID(same_number("underlay MTU", cluster.tunnel.underlay_mtu, wish.underlay_mtu));
    FLATLAN_TRY_VOID(same_switch("senderCheck", cluster.tunnel.sender_check, wish.sender_check));
    FLATLAN_TRY_VOID(same_switch("peerCounts", cluster.tunnel.peer_counts, wish.peer_counts));
    FLATLAN_TRY_VOID(same_span("offlineMax", cluster.offline_max, wish.offline_max));
    FLATLAN_TRY_VOID(same_span("reclaimAfter", cluster.reclaim_after, wish.reclaim_after));
    if (wish.excluded)
        FLATLAN_TRY_VOID(
            same("excluded prefixes", text_of(cluster.excluded), text_of(*wish.excluded)));
    if (wish.reserved)
        FLATLAN_TRY_VOID(
            same("reserved prefixes", text_of(cluster.reserved), text_of(*wish.reserved)));
    if (wish.borrowing)
        FLATLAN_TRY_VOID(same("borrowing", std::string{to_string(cluster.borrowing)},
                              std::string{to_string(*wish.borrowing)}));
    if (!wish.pools) return success();
    return same("pod prefixes", text_of(cluster.pools), text_of(*wish.pools));
}

control::ClusterRecord first_cluster(const ClusterWish& wish, control::ClusterRecord preset) {
    preset.tunnel.vni = wish.vni.value_or(preset.tunnel.vni);
    preset.tunnel.port = wish.port.value_or(preset.tunnel.port);
    preset.tunnel.underlay_mtu = wish.underlay_mtu.value_or(preset.tunnel.underlay_mtu);
    preset.tunnel.sender_check = wish.sender_check.value_or(preset.tunnel.sender_check);
    preset.tunnel.peer_counts = wish.peer_counts.value_or(preset.tunnel.peer_counts);
    if (wish.offline_max) preset.offline_max = wish.offline_max;
    if (wish.reclaim_after) preset.reclaim_after = wish.reclaim_after;
    if (wish.excluded) preset.excluded = *wish.excluded;
    if (wish.reserved) preset.reserved = *wish.reserved;
    if (wish.borrowing) preset.borrowing = *wish.borrowing;
    if (wish.pools) preset.pools = *wish.pools;
    preset.tunnel.cluster_prefixes.clear();
    for (const ipam::PoolSpec& pool : preset.pools.pools())
        preset.tunnel.cluster_prefixes.push_back(pool.cluster());
    return preset;
}

namespace {

/// Whether no address of the prefix is given by itself: all lie in excluded or reserved ones.
bool is_kept_back(const IpPrefix& prefix, const control::ClusterRecord& cluster) {
    for (const auto* const kept_back : {&cluster.excluded, &cluster.reserved})
        for (const IpPrefix& each : *kept_back)
            if (each.contains(prefix)) return true;
    const auto lies_inside = [&](const IpPrefix& each) { return prefix.contains(each); };
    if (std::none_of(cluster.excluded.begin(), cluster.excluded.end(), lies_inside) &&
        std::none_of(cluster.reserved.begin(), cluster.reserved.end(), lies_inside))
        return false;
    const unsigned half = prefix.length_bits() + 1;
    return is_kept_back(prefix.subprefix(half, 0), cluster) &&
           is_kept_back(prefix.subprefix(half, 1), cluster);
}

}  // namespace

Result<void> check_kept_back(const control::ClusterRecord& cluster) {
    const auto& pools = cluster.pools.pools();
    for (const auto& [prefixes, what] :
         {std::pair{&cluster.excluded, "excluded"}, std::pair{&cluster.reserved, "reserved"}})
        for (const IpPrefix& prefix : *prefixes)
            if (std::none_of(pools.begin(), pools.end(), [&](const ipam::PoolSpec& pool) {
                    return pool.cluster().contains(prefix);
                }))
                return Error{ErrorCode::invalid_argument, std::string{what} + " prefix " +
                                                              to_string(prefix) +
                                                              " lies in none of the pods' prefixes"}
                    .expecting("a part of " + text_of(cluster.pools));
    for (const ipam::PoolSpec& pool : pools)
        if (is_kept_back(pool.cluster(), cluster))
            return Error{
                ErrorCode::invalid_argument,
                "what is excluded and reserved leaves no address of " + to_string(pool.cluster())}
                .expecting("prefixes that leave some: each node needs one, and each pod");
    return success();
}

Result<control::ClusterRecord> agree_on_cluster(registry::Registry& registry,
                                                const control::RecordKeys& keys,
                                                const ClusterWish& wish,
                                                const control::ClusterRecord& preset,
                                                const ClusterCheck& may_make) {
    FLATLAN_TRY(found, registry.get(keys.cluster()));
    if (!found) {
        const control::ClusterRecord first = first_cluster(wish, preset);
        FLATLAN_TRY_VOID(check_kept_back(first));
        FLATLAN_TRY_VOID(may_make(first));
        const auto written =
            registry.put(keys.cluster(), control::to_record(first), registry::Revision{});
        if (written) return first;
        if (written.error().code() != ErrorCode::conflict) return written.error();
        FLATLAN_TRY(by_another, registry.get(keys.cluster()));
        if (!by_another) return Error{ErrorCode::unavailable, "the cluster's record came and went"};
        found = std::move(by_another);
    }
    FLATLAN_TRY(cluster, control::cluster_from_record(found->value));
    FLATLAN_TRY_VOID(check_wish(wish, cluster));
    return std::move(cluster);
}

}  // namespace flatlan::node
