#include "overlay/lab/agents/node_leases.hpp"

#include <filesystem>
#include <functional>
#include <string>

#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/node/published/node_file.hpp"

namespace flatlan::lab {
namespace {

/// Opens the node's database where the node has it.
Result<void> with_leases(const NodeMachine& machine,
                         const std::function<Result<void>(ipam::SqliteLeaseStore&)>& use) {
    return machine.look([&]() -> Result<void> {
        const std::filesystem::path file{node::kLeaseFilePath};
        if (std::error_code unknown; !std::filesystem::exists(file, unknown))
            return Error{ErrorCode::not_found, "the node has no leases yet"};
        FLATLAN_TRY(boot, read_boot_id());
        FLATLAN_TRY(store, ipam::SqliteLeaseStore::open({.file = file,
                                                         .boot = boot,
                                                         .clock = boot_time_now,
                                                         .rules = {},
                                                         .live = nullptr,
                                                         .reconciles_at_boot = false,
                                                         .makes_missing = false}));
        return use(*store);
    });
}

}  // namespace

Result<ipam::PoolView> view_leases(const NodeMachine& machine) {
    ipam::PoolView view;
    FLATLAN_TRY_VOID(with_leases(machine, [&](ipam::SqliteLeaseStore& store) -> Result<void> {
        FLATLAN_TRY(seen, store.view());
        view = std::move(seen);
        return success();
    }));
    return view;
}

Result<ipam::NodeSurvey> survey_leases(const NodeMachine& machine, const NodeName& name) {
    std::optional<ipam::NodeSurvey> survey;
    FLATLAN_TRY_VOID(with_leases(machine, [&](ipam::SqliteLeaseStore& store) -> Result<void> {
        FLATLAN_TRY(incarnation, store.incarnation());
        FLATLAN_TRY(view, store.view());
        survey.emplace(ipam::NodeSurvey{{name, incarnation}, std::move(view), {}, {}});
        return success();
    }));
    return std::move(*survey);
}

Result<std::vector<ipam::Lease>> release_leases(const NodeMachine& machine,
                                                std::span<const ipam::Lease> leases) {
    std::vector<ipam::Lease> released;
    FLATLAN_TRY_VOID(with_leases(machine, [&](ipam::SqliteLeaseStore& store) -> Result<void> {
        for (const ipam::Lease& lease : leases) {
            FLATLAN_TRY(done, store.release_if_same(lease));
            if (done) released.push_back(lease);
        }
        return success();
    }));
    return released;
}

}  // namespace flatlan::lab
