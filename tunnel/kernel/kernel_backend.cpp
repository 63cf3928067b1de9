#include "tunnel/kernel/kernel_backend.hpp"

#include "overlay/linux/link.hpp"
#include "overlay/linux/offload.hpp"
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
    FLATLAN_TRY(watch, TunnelWatch::open(network, netlink));
    return KernelBackend{std::move(own), std::move(netlink), std::move(watch)};
}

Result<bool> KernelBackend::is_untouched() {
    FLATLAN_TRY_VOID(watch_.read());
    return watch_.expected() != nullptr;
}

Result<std::optional<FoundDevice>> KernelBackend::find_device_or_known() {
    if (const auto* const known = watch_.expected())
        return std::optional{FoundDevice{known->device, *known->state.device}};
    return find_device(netlink_, device());
}

Result<std::vector<TunnelNexthop>> KernelBackend::nexthops_of(
    const std::optional<FoundDevice>& found) {
    if (const auto* const known = watch_.expected()) return known->state.tables.nexthops;
    if (!found) return std::vector<TunnelNexthop>{};
    return read_nexthops(netlink_, found->index);
}

Result<TunnelChange> KernelBackend::apply(const TunnelWanted& wanted) {
    FLATLAN_TRY_VOID(watch_.read());
    FLATLAN_TRY(ipv6, read_ipv6_state(network_));
    FLATLAN_TRY(found, find_device_or_known());
    FLATLAN_TRY(nexthops, nexthops_of(found));
    FLATLAN_TRY(want, wanted_state(wanted, {.ipv6 = ipv6, .nexthops = nexthops}));

    const DeviceStep step =
        device_step(found ? std::optional{found->device} : std::nullopt, *want.device);
    FLATLAN_TRY(index, make_device(step, found, *want.device));
    FLATLAN_TRY(have, read_have(step, index, want.tables));
    const auto operations = difference(have, want.tables);

    // What is told while the changes are made has to agree with what they lead to.
    watch_.expect({index, std::move(want)});
    if (auto done = carry_out(netlink_, network_, index, operations, [&] { return watch_.read(); });
        !done) {
        watch_.forget();
        return std::move(done).error();
    }

    TunnelChange change;
    count(step, change);
    for (const TableOperation& operation : operations)
        count(operation.verb, change);
    return change;
}

Result<IfIndex> KernelBackend::make_device(DeviceStep step, const std::optional<FoundDevice>& found,
                                           const VxlanDevice& want) {
    if (step == DeviceStep::keep) return found->index;
    // Of its states on the way the kernel tells too.
    watch_.forget();
    if (step == DeviceStep::change) {
        FLATLAN_TRY_VOID(change_device(netlink_, *found, want));
        FLATLAN_TRY_VOID(watch_.read());
        return found->index;
    }
    FLATLAN_TRY(index, step == DeviceStep::create ? create_device(netlink_, want)
                                                  : recreate_device(netlink_, found->device, want));
    FLATLAN_TRY_VOID(watch_.read());
    return index;
}

Result<KernelTables> KernelBackend::read_have(DeviceStep step, IfIndex device,
                                              const KernelTables& want) {
    KernelTables have;
    if (const auto* const known = watch_.expected()) {
        have = known->state.tables;
    } else if (step == DeviceStep::keep || step == DeviceStep::change) {
        FLATLAN_TRY(tables, read_device_tables(netlink_, device));
        have = std::move(tables);
    }  // A device just made has nothing.
    FLATLAN_TRY(sysctls, read_sysctls(network_, want.sysctls));
    have.sysctls = std::move(sysctls);
    FLATLAN_TRY(addresses, read_addresses(netlink_, want.addresses));
    have.addresses = std::move(addresses);
    return have;
}

Result<TunnelFigures> KernelBackend::figures() {
    FLATLAN_TRY(link, find_link(netlink_, device()));
    if (!link) return TunnelFigures{};
    FLATLAN_TRY(offloads, offloads_in_use(network_, device()));
    const LinkStats& stats = link->stats;
    return TunnelFigures{.sent = {stats.sent_packets, stats.sent_bytes},
                         .received = {stats.received_packets, stats.received_bytes},
                         .drops = {{"rx_dropped", stats.received_dropped},
                                   {"rx_errors", stats.received_errors},
                                   {"tx_dropped", stats.sent_dropped},
                                   {"tx_errors", stats.sent_errors}},
                         .offloads = std::move(offloads)};
}

Result<void> KernelBackend::remove() {
    watch_.forget();
    return remove_link(netlink_, device());
}

}  // namespace flatlan::tunnel
