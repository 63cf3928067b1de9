#include <algorithm>
#include <set>

#include "ipam/gateway.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/pod/sandbox/link_alias.hpp"
#include "tools/cni/container.hpp"
#include "tools/cni/node_state.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

/// Goes on after a failure and keeps them all.
class Failures {
public:
    void add(const std::string& what, const Failure& failure) {
        if (failures_.empty()) code_ = failure.code;
        failures_ += (failures_.empty() ? "" : "; ") + what + ": " + failure.message;
    }
    Outcome<void> result() const {
        if (failures_.empty()) return success();
        return Failure{code_, failures_};
    }

private:
    Code code_ = Code::machine;
    std::string failures_;
};

/// Judges one attachment of this network.
class Judge {
public:
    Judge(const Request& request, const BootId& boot)
        : network_{request.configuration.network},
          valid_{request.configuration.valid_attachments},
          boot_{boot} {}

    bool is_ours(const ipam::LeaseKey& key) const {
        return is_of_network(key) && !ipam::is_gateway(key);
    }
    bool is_of_network(const ipam::LeaseKey& key) const {
        return !key.is_node() && key.network() == network_;
    }
    /// Whether the runtime's list leaves it out. Without a list it says nothing.
    bool is_left_out(const ipam::LeaseKey& key) const {
        return valid_ && std::none_of(valid_->begin(), valid_->end(), [&](const auto& name) {
                   return key.container() == name.container && key.interface() == name.interface;
               });
    }
    /// Without a list: whether it cannot be there any more.
    bool is_gone(const ipam::Lease& lease) const {
        return valid_ ? is_left_out(lease.key) : lease.origin.boot != boot_;
    }

private:
    std::string network_;
    std::optional<std::vector<AttachmentName>> valid_;
    BootId boot_;
};

/// The keys of this network that have an interface on the node.
Result<std::vector<ipam::LeaseKey>> keys_of_links(Netlink& node, const Judge& judge) {
    FLATLAN_TRY(links, list_links(node));
    std::vector<ipam::LeaseKey> keys;
    for (const Link& link : links) {
        if (link.group != kPodLinks) continue;
        auto key = ipam::LeaseKey::from_text(pod::link_alias_from_text(link.alias).lease_key);
        if (key && judge.is_ours(key.value())) keys.push_back(std::move(key).value());
    }
    return keys;
}

void remove(Netlink& node, const ipam::LeaseKey& key, Failures& failures) {
    if (const auto removed = remove_link(node, node_end_of(key)); !removed)
        failures.add(key.text(), removed.error());
}

/// A gateway goes when the last container of this network has left its block, and the bridge or
/// pair that had the address is no more.
Outcome<void> release_gateways(Netlink& node, ipam::LeaseStore& leases, const Judge& judge) {
    const auto view = leases.view();
    if (!view) return lease_failure(view.error());
    FLATLAN_TRY(addresses, list_addresses(node));
    std::set<IpAddress> own;
    for (const InterfaceAddress& each : addresses)
        own.insert(each.address);
    for (const ipam::Lease& gateway : ipam::unused_gateways(view.value(), own)) {
        if (!judge.is_of_network(gateway.key)) continue;
        if (const auto released = leases.release(gateway.key); !released)
            return lease_failure(released.error());
    }
    return success();
}

}  // namespace

Outcome<void> gc(const Request& request) {
    FLATLAN_TRY(boot, read_boot_id());
    const Judge judge{request, boot};
    FLATLAN_TRY(network, Namespace::current_network());
    FLATLAN_TRY(node, Netlink::open_in(network));
    // Links before leases: whoever is being added meanwhile has a lease before a link.
    FLATLAN_TRY(linked, keys_of_links(node, judge));
    FLATLAN_TRY(state, NodeState::read(request.configuration));
    FLATLAN_TRY(leases, open_leases(state.lease_file(request.configuration), boot));
    const auto seen = leases->view();
    if (!seen) return lease_failure(seen.error());
    const ipam::PoolView& view = seen.value();

    Failures failures;
    for (const ipam::Lease& lease : view.leases) {
        if (!judge.is_ours(lease.key) || !judge.is_gone(lease)) continue;
        remove(node, lease.key, failures);
        if (const auto released = leases->release(lease.key); !released)
            failures.add(lease.key.text(), lease_failure(released.error()));
    }
    for (const ipam::LeaseKey& key : linked) {
        const bool leased = std::any_of(view.leases.begin(), view.leases.end(),
                                        [&](const auto& lease) { return lease.key == key; });
        if (!leased && (judge.is_left_out(key) || !request.configuration.valid_attachments))
            remove(node, key, failures);
    }
    if (const auto released = release_gateways(node, *leases, judge); !released)
        failures.add("gateways of " + request.configuration.network, released.error());
    return failures.result();
}

}  // namespace flatlan::cni
