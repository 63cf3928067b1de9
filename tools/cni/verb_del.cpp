#include "overlay/linux/boot.hpp"
#include "overlay/linux/link_removal.hpp"
#include "tools/cni/container.hpp"
#include "tools/cni/node_state.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

/// Removes the pair by its node's end, which needs nothing of the container; then what is left in
/// the container, where there is one.
Outcome<void> detach(const Request& request) {
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY_VOID(remove_link_and_let_it_go(network, node_end_of(request.key())));
    if (request.environment.netns.empty()) return success();
    const auto container = open_container(request.environment.netns, network);
    if (!container) return success();  // it went before us: nothing is left in it
    FLATLAN_TRY_VOID(remove_leftover_routes(container.value()));
    return success();
}

/// Where the leases are, also when node.json says nothing.
std::filesystem::path lease_file(const Configuration& configuration) {
    if (configuration.lease_file) return *configuration.lease_file;
    const auto file = node::read_node_file(configuration.node_file);
    return file ? file.value().lease_file : std::filesystem::path{node::kLeaseFilePath};
}

Outcome<void> release(const Request& request) {
    const std::filesystem::path file = lease_file(request.configuration);
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown)) return success();  // no lease was ever given
    FLATLAN_TRY(boot, read_boot_id());
    // What a damaged or locked database cannot take now waits beside it: DEL must not fail for it.
    const auto released =
        ipam::release_or_queue({.file = file, .boot = boot, .clock = boot_time_now}, request.key());
    if (!released) return Failure{Code::try_again_later, released.error()};
    return success();
}

}  // namespace

Outcome<void> del(const Request& request) {
    // The interface first: the address must not be another's while packets for it still go here.
    if (!request.configuration.delegated) FLATLAN_TRY_VOID(detach(request));
    return release(request);
}

}  // namespace flatlan::cni
