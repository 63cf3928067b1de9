#include "tools/cli/lease_database.hpp"

#include <algorithm>

#include "overlay/linux/boot.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/node/cluster_survey.hpp"

namespace flatlan::cli {
namespace {

using HeldLease = lab::IpamReport::HeldLease;

/// How a node is called of which no lease gives the name.
constexpr std::string_view kUnnamedNode = "this-node";

Result<ipam::SqliteLeaseStore::Options> options_for(const std::string& file,
                                                    ipam::LiveNamespaces* live, bool changes,
                                                    ipam::PoolRules rules = {}) {
    FLATLAN_TRY(boot, read_boot_id());
    return ipam::SqliteLeaseStore::Options{.file = file,
                                           .boot = boot,
                                           .clock = boot_time_now,
                                           .rules = std::move(rules),
                                           .live = live,
                                           .reconciles_at_boot = changes,
                                           .makes_missing = false};
}

Result<std::unique_ptr<ipam::SqliteLeaseStore>> open_store(const std::string& file,
                                                           ipam::LiveNamespaces* live, bool changes,
                                                           ipam::PoolRules rules = {}) {
    // Opening would make one.
    if (std::error_code error; !std::filesystem::exists(file, error))
        return Error{ErrorCode::not_found, "there is no database '" + file + "'"};
    FLATLAN_TRY(options, options_for(file, live, changes, std::move(rules)));
    auto store = ipam::SqliteLeaseStore::open(std::move(options));
    if (!store && store.error().code() == ErrorCode::corrupt)
        return std::move(store).error().expecting("flatlan ipam rebuild --database " + file);
    return store;
}

NodeName name_of(const ipam::PoolView& pool) {
    for (const ipam::Lease& lease : pool.leases)
        if (lease.key.is_node())
            if (auto name = NodeName::from(lease.key.node())) return std::move(name).value();
    return NodeName::from(kUnnamedNode).value();
}

Result<ipam::NodeSurvey> survey(ipam::SqliteLeaseStore& store) {
    MachineNamespaces machine;
    FLATLAN_TRY(pool, store.view());
    return node::survey_node(store, machine, name_of(pool));
}

/// What can be opened and read as a whole loses by a rebuild: what rests counts as fresh then.
Result<void> check_needs_rebuild(const std::string& file) {
    const auto store = open_store(file, nullptr, false);
    if (!store || !store.value()->check()) return success();
    return Error{ErrorCode::conflict, "the database '" + file + "' is not damaged"}.expecting(
        "--force, to make it anew all the same");
}

std::vector<IpPrefix> blocks_of(const ipam::PoolView& pool) {
    std::vector<IpPrefix> blocks;
    for (const ipam::HeldBlock& held : pool.blocks)
        blocks.push_back(held.block);
    return blocks;
}

}  // namespace

Result<lab::IpamReport> report_of_database(const IpamPlace& place, bool with_namespaces) {
    FLATLAN_TRY(
        store, open_store(place.database, nullptr, false, place.rules.value_or(ipam::PoolRules{})));
    lab::IpamReport report;
    if (with_namespaces) {
        FLATLAN_TRY_VOID(store->check());
        FLATLAN_TRY(node, survey(*store));
        // More than the node's blocks is not known here.
        auto prefixes = blocks_of(node.pool);
        report = lab::report_of({std::move(prefixes), {std::move(node)}, std::nullopt});
    } else {
        FLATLAN_TRY(pool, store->view());
        FLATLAN_TRY(incarnation, store->incarnation());
        const ipam::NodeSurvey node{{name_of(pool), incarnation}, pool, {}, {}};
        report = lab::report_of({blocks_of(pool), {node}, std::nullopt});
        report.namespaces_seen = false;
        report.findings.clear();
        for (HeldLease& held : report.leases)
            held.unused = false;
    }
    report.database = place.database;
    return report;
}

Result<std::vector<HeldLease>> release_unused_in_database(const std::string& file,
                                                          const std::vector<HeldLease>& leases) {
    MachineNamespaces machine;
    FLATLAN_TRY(store, open_store(file, &machine, true));
    FLATLAN_TRY(last_look, survey(*store));
    return release_leaks(*store, last_look, leases);
}

Result<std::vector<HeldLease>> release_leaks(ipam::SqliteLeaseStore& store,
                                             const ipam::NodeSurvey& last_look,
                                             const std::vector<HeldLease>& leases) {
    const auto unused = ipam::leaked_leases(last_look);
    std::vector<HeldLease> released;
    for (const HeldLease& held : leases) {
        if (std::find(unused.begin(), unused.end(), held.lease) == unused.end()) continue;
        FLATLAN_TRY(done, store.release_if_same(held.lease));
        if (done) released.push_back(held);
    }
    return released;
}

Result<ipam::RebuildReport> rebuild_database(const RebuildRequest& request) {
    if (!request.forced) FLATLAN_TRY_VOID(check_needs_rebuild(request.database));
    MachineNamespaces machine;
    FLATLAN_TRY(options, options_for(request.database, &machine, true));
    FLATLAN_TRY(own_network, Namespace::open("/proc/thread-self/ns/net"));
    FLATLAN_TRY(own, live_addresses_in(own_network));
    return ipam::rebuild(options, {.blocks = request.blocks,
                                   .incarnation = request.incarnation,
                                   .own = std::move(own),
                                   .node = request.node});
}

}  // namespace flatlan::cli
