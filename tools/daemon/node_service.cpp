#include "tools/daemon/node_service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "overlay/linux/boot.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/node/cluster_survey.hpp"
#include "overlay/node/epoch_guard.hpp"
#include "overlay/node/node_removal.hpp"
#include "tools/cli/lease_database.hpp"
#include "tools/daemon/readiness.hpp"

namespace flatlan::daemon {
namespace {

constexpr std::string_view kNodesPath = "/v1/nodes/";
constexpr std::string_view kRemove = "/remove";
constexpr std::string_view kForced = "/forced";

std::uint64_t seconds(Duration span) {
    return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(span).count());
}

std::optional<std::uint64_t> seconds(const std::optional<Duration>& span) {
    return span ? std::optional{seconds(*span)} : std::nullopt;
}

/// Takes `end` from the end of `text`, if it is there.
bool take_end(std::string_view& text, std::string_view end) {
    if (!text.ends_with(end)) return false;
    text.remove_suffix(end.size());
    return true;
}

void add_leases(NodeStatus& status, const ipam::PoolView& leases) {
    for (const ipam::HeldBlock& held : leases.blocks)
        status.free += held.usage.free + held.usage.cooling;
    status.leased = leases.leases.size();
}

void add_others(NodeStatus& status, const node::NodeState& state) {
    for (const node::PeerState& peer : state.peers)
        status.nodes.push_back({.name = peer.node.name.text(),
                                .ready = peer.alive,
                                .reason = peer.alive ? "" : "it gives no sign of life",
                                .underlay = to_string(peer.node.endpoint),
                                .overlay = peer.node.overlay,
                                .blocks = peer.node.blocks});
    for (const auto& [name, why] : state.left_out)
        status.nodes.push_back({.name = name.text(), .reason = "left out: " + why.to_string()});
    for (const tunnel::PathMtu& path : state.narrow_paths)
        for (NodeStatus::Other& node : status.nodes)
            if (node.name == path.node.text()) node.narrow_mtu = path.mtu.value();
    std::sort(status.nodes.begin(), status.nodes.end(),
              [](const auto& one, const auto& other) { return one.name < other.name; });
}

}  // namespace

lab::ApiResponse NodeService::answer(const lab::ApiRequest& request) {
    auto body = route(request);
    if (!body) return lab::refuse(body.error());
    return {200, std::move(body).value()};
}

Result<std::string> NodeService::route(const lab::ApiRequest& request) {
    const auto json = [](auto value) -> Result<std::string> {
        if (!value) return std::move(value).error();
        return to_json(value.value());
    };
    std::string_view path = request.path;
    if (request.method == "GET" && path == "/v1/node") return to_json(status());
    if (request.method == "GET" && path == "/v1/ipam") return json(ipam());
    if (request.method == "GET" && path == "/v1/claims") return json(claims());
    if (request.method == "POST" && path == "/v1/ipam/release") return json(release(request.body));
    if (request.method == "POST" && path == "/v1/probes") return json(probe_cluster(request.body));
    if (request.method == "POST" && path == "/v1/traces") return json(trace(request.body));
    if (request.method == "POST" && path == "/v1/rebuild/confirm") {
        FLATLAN_TRY(registry, opened(parts().registry));
        FLATLAN_TRY_VOID(node::confirm_rebuild(*registry, keys_));
        spdlog::warn("claims go on without the members that were waited for, on request");
        return std::string{"{}"};
    }
    if (request.method == "POST" && path.starts_with(kNodesPath)) {
        path.remove_prefix(kNodesPath.size());
        const bool forced = take_end(path, kForced);
        if (take_end(path, kRemove))
            return json(remove(path, forced ? node::Removal::forced : node::Removal::if_gone));
    }
    return Error{ErrorCode::not_found, "no " + request.method + " " + request.path}.expecting(
        "one of the requests of tools/daemon/api/daemon_client.hpp");
}

NodeStatus NodeService::status() const {
    const Parts now = parts();
    NodeStatus status{.node = about_.node.text(),
                      .cluster = about_.cluster.text(),
                      .reason = now.trouble,
                      .registry = about_.registry,
                      .backend = about_.backend,
                      .underlay = now.underlay,
                      .interface = now.interface,
                      .database = about_.database};
    if (now.common)
        status.confirmed = {std::nullopt, seconds(now.common->offline_max),
                            seconds(now.common->reclaim_after)};
    std::optional<ipam::PoolView> leases;
    if (now.leases != nullptr) {
        if (auto view = now.leases->view())
            leases = std::move(view).value();
        else
            status.reason = view.error().to_string();
    }
    if (leases) add_leases(status, *leases);
    if (now.reconciler == nullptr) {
        if (status.reason.empty()) status.reason = "it is starting";
        return status;
    }
    const node::NodeState state = now.reconciler->state();
    if (state.confirmed_at != Instant{})
        status.confirmed.age_s =
            seconds(std::max(boot_time_now() - state.confirmed_at, Duration{}));
    status.epoch = state.epoch;
    status.claims_paused = state.paused;
    for (const NodeName& name : state.awaited)
        status.awaited.push_back(name.text());
    status.overlay = state.self.overlay;
    status.blocks = state.self.blocks;
    status.lost = state.lost;
    status.repairs = state.repairs;
    add_others(status, state);
    const Readiness readiness = judge({.state = state,
                                       .leases = leases,
                                       .common = *now.common,
                                       .published = now.published,
                                       .underlay_lost = now.underlay_lost,
                                       .trouble = status.reason,
                                       .now = boot_time_now()});
    status.ready = readiness.ready;
    status.reason = readiness.reason;
    return status;
}

Result<lab::IpamReport> NodeService::ipam() const {
    const Parts now = parts();
    FLATLAN_TRY(leases, opened(now.leases));
    FLATLAN_TRY_VOID(leases->check());
    MachineNamespaces machine;
    FLATLAN_TRY(own, node::survey_node(*leases, machine, about_.node));
    ipam::ClusterSurvey survey{{}, {std::move(own)}, std::nullopt};
    if (now.common) survey.prefixes = now.common->tunnel.cluster_prefixes;
    FLATLAN_TRY(registry, opened(now.registry));
    auto asked = node::survey_registry(*registry, keys_);
    if (asked) {
        survey.registry = std::move(asked).value();
    } else {  // what lies outside the node's blocks may be another one's
        survey.prefixes.clear();
        for (const ipam::HeldBlock& held : survey.nodes.front().pool.blocks)
            survey.prefixes.push_back(held.block);
    }
    lab::IpamReport report = lab::report_of(survey);
    report.node = about_.node.text();
    report.database = about_.database;
    if (!asked) report.registry_error = asked.error().to_string();
    return report;
}

Result<std::vector<lab::IpamReport::HeldLease>> NodeService::release(
    const std::string& body) const {
    FLATLAN_TRY(wanted, lab::leases_from_json(body));
    FLATLAN_TRY(leases, opened(parts().leases));
    MachineNamespaces machine;
    FLATLAN_TRY(last_look, node::survey_node(*leases, machine, about_.node));
    FLATLAN_TRY(released, cli::release_leaks(*leases, last_look, wanted));
    for (const auto& held : released)
        spdlog::info("released on request what nobody used: {}", held.lease.key.text());
    return std::move(released);
}

Result<NodeClaims> NodeService::claims() const {
    FLATLAN_TRY(registry, opened(parts().registry));
    NodeClaims found{.node = about_.node.text(), .database = about_.database};
    registry::Revision newest;
    std::vector<ipam::BlockClaim> claims;
    FLATLAN_TRY_VOID(for_each_record(
        *registry, keys_.blocks(), [&](const registry::Record& record) -> Result<void> {
            FLATLAN_TRY(claim, control::claim_from_record(record.value));
            if (claim.owner.name != about_.node) {
                found.foreign.push_back({claim.owner.name.text(), claim.block});
                return success();
            }
            if (record.revision > newest) found.incarnation = claim.owner.incarnation;
            newest = std::max(newest, record.revision);
            claims.push_back(claim);
            return success();
        }));
    for (const ipam::BlockClaim& claim : claims)
        if (claim.owner.incarnation == found.incarnation &&
            claim.state == ipam::ClaimState::confirmed)
            found.blocks.push_back(claim.block);
    return found;
}

Result<NodeRemoved> NodeService::remove(std::string_view text, node::Removal removal) const {
    FLATLAN_TRY(name, NodeName::from(text));
    FLATLAN_TRY(registry, opened(parts().registry));
    FLATLAN_TRY(known, node::is_known(*registry, keys_, name));
    if (!known)
        return Error{ErrorCode::not_found, "the cluster has no node '" + name.text() + "'"}
            .expecting("a node that 'flatlan node status' lists");
    FLATLAN_TRY(blocks, node::remove_node(*registry, keys_, name, removal));
    spdlog::warn("node '{}' was removed on request: {} blocks taken back", name.text(),
                 blocks.size());
    return NodeRemoved{name.text(), std::move(blocks)};
}

NodeService::Parts NodeService::parts() const {
    const std::lock_guard reading{mutex_};
    return parts_;
}

void NodeService::set_registry(registry::Registry& registry) {
    const std::lock_guard writing{mutex_};
    parts_.registry = &registry;
}

void NodeService::set_underlay(const IpAddress& address, const InterfaceName& interface) {
    const std::lock_guard writing{mutex_};
    parts_.underlay = to_string(address);
    parts_.interface = interface.text();
}

void NodeService::set_leases(ipam::SqliteLeaseStore& leases) {
    const std::lock_guard writing{mutex_};
    parts_.leases = &leases;
}

void NodeService::set_reconciler(const node::Reconciler& reconciler,
                                 const control::ClusterRecord& common) {
    const std::lock_guard writing{mutex_};
    parts_.reconciler = &reconciler;
    parts_.common = common;
}

void NodeService::set_published(bool published) {
    const std::lock_guard writing{mutex_};
    parts_.published = published;
}

void NodeService::set_underlay_lost(bool lost) {
    const std::lock_guard writing{mutex_};
    parts_.underlay_lost = lost;
}

void NodeService::set_trouble(std::string trouble) {
    const std::lock_guard writing{mutex_};
    parts_.trouble = std::move(trouble);
}

}  // namespace flatlan::daemon
