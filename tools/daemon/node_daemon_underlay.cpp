#include <spdlog/spdlog.h>

#include "tools/daemon/node_daemon.hpp"

// Where the other nodes find this one.
namespace flatlan::daemon {

/// `pods`: the cluster's prefixes, as far as they are known.
Result<void> NodeDaemon::take_underlay(const std::vector<IpPrefix>& pods,
                                       const std::optional<Underlay>& before) {
    underlay_wish_ = {.interface = settings_.underlay_interface,
                      .address = settings_.underlay_address,
                      .registry_hosts = {},
                      .pod_prefixes = pods};
    for (const registry::EtcdEndpoint& endpoint : settings_.registry.etcd.endpoints)
        underlay_wish_.registry_hosts.push_back(endpoint.host);
    UnderlayWish wish = underlay_wish_;
    if (before) {
        FLATLAN_TRY(successor, find_successor(network_, *before, underlay_wish_));
        wish.interface.reset();
        wish.address = successor ? successor->address : before->address;
    }
    FLATLAN_TRY(underlay, find_underlay(network_, wish));
    if (before) underlay.reason = "after " + to_string(before->address);
    underlay_ = std::move(underlay);
    spdlog::info("node {}: underlay address {} on interface {} ({})", name_.text(),
                 to_string(underlay_->address), underlay_->interface.text(), underlay_->reason);
    service_.set_underlay(underlay_->address, underlay_->interface);
    return success();
}

/// Whether the others still reach this node where it says.
Result<void> NodeDaemon::look_at_underlay() {
    auto successor = find_successor(network_, *underlay_, underlay_wish_);
    // The table changed too often to be read: the next round knows better.
    if (!successor && successor.error().code() == ErrorCode::unavailable) return success();
    unreachable_ = !successor && successor.error().code() == ErrorCode::not_found;
    service_.set_underlay_lost(unreachable_);
    if (!successor) return successor.error();
    moved_ = std::move(successor).value();
    return success();
}

}  // namespace flatlan::daemon
