#include <algorithm>

#include "overlay/base/undo.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/netlink.hpp"
#include "tools/cni/add_result.hpp"
#include "tools/cni/gateway_lease.hpp"
#include "tools/cni/grant.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

/// The inode of CNI_NETNS where the caller says one that is; 0 otherwise, since for an address
/// alone nothing is done in it.
ipam::NetnsInode netns_of(const std::string& path) {
    const auto container = Namespace::open(path);
    return {container ? container.value().inode() : 0};
}

/// A container that has the address of its lease lives on with it. Whoever calls finds its
/// interface there after it has got another address, and gives back whatever the key has then.
Outcome<void> refuse_second_add(ipam::LeaseStore& leases, const Request& request,
                                const BootId& boot) {
    const ipam::LeaseKey key = request.key();
    const auto lease = leases.find(key);
    if (!lease) return lease_failure(lease.error());
    if (!lease.value() || lease.value()->origin.boot != boot) return success();
    const auto container = Namespace::open(request.environment.netns);
    if (!container || container.value().kind() != NamespaceKind::network) return success();
    FLATLAN_TRY(netlink, Netlink::open_in(container.value()));
    FLATLAN_TRY(live, list_addresses(netlink));
    for (const InterfaceAddress& each : live)
        if (lease.value()->addresses.find(each.address.family()) == each.address)
            return Failure{Code::interface_exists,
                           "'" + key.text() + "' has its address " + to_string(each.address) +
                               " already (network/container/name)",
                           "expected DEL before another ADD"};
    return success();
}

/// The blocks that serve, and what of them this kind of network cannot give.
struct Blocks {
    std::vector<IpPrefix> serving;
    ipam::PoolRules rules;  ///< the cluster's and these
};

Outcome<Blocks> read_blocks(const std::filesystem::path& file, const NodeState& state) {
    FLATLAN_TRY(leases, open_leases(file, state.boot));
    const auto view = leases->view();
    if (!view) return lease_failure(view.error());
    Blocks blocks{.serving = {}, .rules = state.rules()};
    for (const ipam::HeldBlock& held : view.value().blocks) {
        if (!held.serving) continue;
        blocks.serving.push_back(held.block);
        for (const IpPrefix& unusable : unusable_in(held.block))
            blocks.rules.excluded.push_back(unusable);
        if (held.block.host_bits() > 0)
            blocks.rules.reserved.push_back(IpPrefix::host(held.block.at(1)));
    }
    return blocks;
}

}  // namespace

Outcome<std::string> add_addresses(const Request& request) {
    const Configuration& configuration = request.configuration;
    FLATLAN_TRY(state, NodeState::read(configuration));
    FLATLAN_TRY(blocks, read_blocks(state.lease_file(configuration), state));
    FLATLAN_TRY(leases, open_leases(state.lease_file(configuration), state.boot, blocks.rules));
    FLATLAN_TRY_VOID(refuse_second_add(*leases, request, state.boot));
    FLATLAN_TRY(addresses, grant(*leases, state, request.key(), configuration.wishes,
                                 netns_of(request.environment.netns)));
    Undo release{[&] { static_cast<void>(leases->release(request.key())); }};

    AddResult result;
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        const auto address = addresses.find(family);
        if (!address) continue;
        const auto block =
            std::find_if(blocks.serving.begin(), blocks.serving.end(),
                         [&](const IpPrefix& candidate) { return candidate.contains(*address); });
        // A block that came between the two looks: its first address may have been given.
        if (block == blocks.serving.end())
            return Failure{Code::try_again_later, "this node has just got a further block"};
        FLATLAN_TRY(gateway, lease_gateway(*leases, configuration.network, *block,
                                           {.boot = state.boot, .netns = {}}));
        result.addresses.push_back({*address, block->length_bits(), gateway});
    }
    FLATLAN_TRY(answer, to_json(result, configuration));
    release.disarm();
    return answer;
}

}  // namespace flatlan::cni
