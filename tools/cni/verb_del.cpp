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

/// Where the leases are, also without a node.json. One that cannot be read may name any place: a
/// lease that is looked for elsewhere would stay, and nobody would ask for its end again.
Outcome<std::filesystem::path> lease_file(const Configuration& configuration) {
    if (configuration.lease_file) return *configuration.lease_file;
    const auto file = node::read_node_file(configuration.node_file);
    if (file) return file.value().lease_file;
    if (file.error().code() == ErrorCode::not_found)
        return std::filesystem::path{node::kLeaseFilePath};
    return Failure{Code::try_again_later, file.error().text(),
                   "expected flatland to write it again; it does so while it runs"};
}

Outcome<void> release(const Request& request) {
    FLATLAN_TRY(file, lease_file(request.configuration));
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown)) return success();  // then there is no lease
    FLATLAN_TRY(boot, read_boot_id());
    // What a damaged or locked database cannot take now waits beside it: DEL must not fail for it.
    const auto released = ipam::release_or_queue(
        {.file = file, .boot = boot, .clock = boot_time_now, .makes_missing = false},
        request.key());
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
