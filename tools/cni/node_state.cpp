#include "tools/cni/node_state.hpp"

#include "overlay/linux/boot.hpp"

namespace flatlan::cni {
namespace {

Failure node_file_failure(const Error& error) {
    switch (error.code()) {
        case ErrorCode::not_found:
            return {Code::try_again_later, error};
        case ErrorCode::corrupt:
            return {Code::node_file_damaged, error};
        case ErrorCode::unsupported:
            return {Code::node_file_newer, error};
        default:
            return {Code::machine, error};
    }
}

/// What would be right, where the store does not say it.
Error with_expected(const Error& error, const char* expected) {
    return error.expected().empty() ? Error{error}.expecting(expected) : error;
}

}  // namespace

Outcome<NodeState> NodeState::read(const Configuration& configuration) {
    FLATLAN_TRY(boot, read_boot_id());
    const auto file = node::read_node_file(configuration.node_file);
    if (!file) return node_file_failure(file.error());
    return NodeState{.file = file.value(), .boot = boot, .now = boot_time_now()};
}

Outcome<void> NodeState::check_confirmed() const {
    if (file.is_confirmed(boot, now)) return success();
    return Failure{Code::try_again_later,
                   "the registry has not confirmed the blocks of node '" + file.name.text() +
                       "' for longer than it may be away",
                   "expected the registry to answer flatland again"};
}

Failure lease_failure(const Error& error) {
    switch (error.code()) {
        case ErrorCode::corrupt:
            return {Code::leases_damaged,
                    with_expected(error, "'flatlan ipam rebuild' to make the database anew")};
        case ErrorCode::unsupported:
            return {Code::leases_newer, error};
        case ErrorCode::exhausted:
            return {Code::io_failure,
                    with_expected(error, "free space where the node's leases are")};
        case ErrorCode::unavailable:
            return with_expected(error, "whoever writes the node's leases to come to an end");
        default:
            return {error};
    }
}

Outcome<Leases> open_leases(const std::filesystem::path& file, const BootId& boot,
                            ipam::PoolRules rules) {
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown))
        return Failure{Code::try_again_later,
                       "there is no database of leases '" + file.string() + "'",
                       "expected flatland to have made it"};
    auto store = ipam::SqliteLeaseStore::open({.file = file,
                                               .boot = boot,
                                               .clock = boot_time_now,
                                               .rules = std::move(rules),
                                               .makes_missing = false,
                                               .opens_when_needed = true});
    if (!store) return lease_failure(store.error());
    return std::move(store).value();
}

}  // namespace flatlan::cni
