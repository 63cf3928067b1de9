#include "tunnel/kernel/kernel_backend.hpp"

#include "overlay/base/check.hpp"
#include "overlay/linux/link.hpp"
#include "tunnel/kernel/kernel_tables.hpp"
#include "tunnel/kernel/wanted_state.hpp"

namespace flatlan::tunnel {
namespace {

void count(DeviceStep step, TunnelChange& change) {
    if (step == DeviceStep::create) ++change.added;
    if (step == DeviceStep::change || step == DeviceStep::recreate) ++change.replaced;
}

void count(TableOperation::Verb verb, TunnelChange& change) {
    switch (verb) {
        case TableOperation::Verb::add:
            ++change.added;
            break;
        case TableOperation::Verb::replace:
            ++change.replaced;
            break;
        case TableOperation::Verb::remove:
            ++change.removed;
            break;
    }
}

}  // namespace

Result<KernelBackend> KernelBackend::open(const Namespace& network) {
    FLATLAN_TRY(own, network.duplicate());
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    return KernelBackend{std::move(own), std::move(netlink)};
}

Result<TunnelChange> KernelBackend::apply(const TunnelWanted& wanted) {
    FLATLAN_TRY(ipv6, read_ipv6_state(network_));
    FLATLAN_TRY(found, find_device(netlink_, device()));
    std::vector<TunnelNexthop> nexthops;
    if (found) {
        FLATLAN_TRY(known, read_nexthops(netlink_, found->index));
        nexthops = std::move(known);
    }
    FLATLAN_TRY(want, wanted_state(wanted, {.ipv6 = ipv6, .nexthops = nexthops}));

    const DeviceStep step =
        device_step(found ? std::optional{found->device} : std::nullopt, *want.device);
    FLATLAN_TRY(index, make_device(step, found, *want.device));
    FLATLAN_TRY(have, read_have(step, index, want.tables));
    const auto operations = difference(have, want.tables);
    FLATLAN_TRY_VOID(carry_out(netlink_, network_, index, operations));

    TunnelChange change;
    count(step, change);
    for (const TableOperation& operation : operations)
        count(operation.verb, change);
    return change;
}

Result<IfIndex> KernelBackend::make_device(DeviceStep step, const std::optional<FoundDevice>& found,
                                           const VxlanDevice& want) {
    switch (step) {
        case DeviceStep::keep:
            return found->index;
        case DeviceStep::create:
            return create_device(netlink_, want);
        case DeviceStep::change:
            FLATLAN_TRY_VOID(change_device(netlink_, *found, want));
            return found->index;
        case DeviceStep::recreate:
            return recreate_device(netlink_, found->device, want);
    }
    FLATLAN_CHECK(false);
}

Result<KernelTables> KernelBackend::read_have(DeviceStep step, IfIndex device,
                                              const KernelTables& want) {
    KernelTables have;
    // A device just made has nothing, and looking would cost a walk through all neighbours there
    // are.
    if (step == DeviceStep::keep || step == DeviceStep::change) {
        FLATLAN_TRY(tables, read_device_tables(netlink_, device));
        have = std::move(tables);
    }
    FLATLAN_TRY(sysctls, read_sysctls(network_, want.sysctls));
    have.sysctls = std::move(sysctls);
    FLATLAN_TRY(addresses, read_addresses(netlink_, want.addresses));
    have.addresses = std::move(addresses);
    return have;
}

Result<void> KernelBackend::remove() { return remove_link(netlink_, device()); }

}  // namespace flatlan::tunnel
