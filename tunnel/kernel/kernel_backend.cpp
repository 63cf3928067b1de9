#include "tunnel/kernel/kernel_backend.hpp"

#include <algorithm>

#include "overlay/linux/link.hpp"
#include "overlay/linux/offload.hpp"
#include "tunnel/filter/peer_counts.hpp"
#include "tunnel/kernel/checksum_trial.hpp"
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

/// Which checksums are off although no trial has found a reason; one sentence.
std::string unexplained_off(const std::vector<std::string>& offloads, const InterfaceName& device) {
    std::string off;
    for (const std::string_view name : {"rx-checksumming", "tx-checksumming"})
        if (std::find(offloads.begin(), offloads.end(), name) == offloads.end())
            off += (off.empty() ? "" : " and ") + std::string{name};
    return off.empty() ? ""
                       : off + " of " + device.text() + " is off, and not for what was found here";
}

Result<void> success_of(Result<TunnelChange> done) {
    if (!done) return std::move(done).error();
    return success();
}

}  // namespace

Result<KernelBackend> KernelBackend::open(const Namespace& network) {
    FLATLAN_TRY(own, network.duplicate());
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(filter, TunnelFilter::open(network));
    return KernelBackend{std::move(own), std::move(netlink), std::move(filter)};
}

Result<int> KernelBackend::watch() {
    if (waits_) return waits_->fd();
    FLATLAN_TRY_VOID(watch_.start(network_, netlink_));
    std::vector<int> fds{watch_.fd()};
    if (const int fd = filter_.watch(); fd >= 0) fds.push_back(fd);
    FLATLAN_TRY(waits, WaitSet::of(fds));
    waits_.emplace(std::move(waits));
    return waits_->fd();
}

void KernelBackend::unwatch() {
    waits_.reset();
    watch_.stop();
    filter_.unwatch();
}

Result<bool> KernelBackend::is_untouched() {
    if (!watch_.is_started()) return false;
    FLATLAN_TRY_VOID(watch_.read());
    FLATLAN_TRY(filter_untouched, filter_.is_untouched());
    return filter_untouched && watch_.expected() != nullptr;
}

Result<std::optional<FoundDevice>> KernelBackend::find_device_or_known(const TunnelWanted& wanted) {
    if (const auto* const known = watch_.expected())
        return std::optional{FoundDevice{known->device, *known->state.device}};
    FLATLAN_TRY(found, find_device(netlink_, device()));
    if (found) return found;
    return find_renamed_device(netlink_, wanted.settings.vni, wanted.settings.port,
                               wanted.self.mac);
}

Result<std::vector<TunnelNexthop>> KernelBackend::nexthops_of(
    const std::optional<FoundDevice>& found) {
    if (const auto* const known = watch_.expected()) return known->state.tables.nexthops;
    if (!found) return std::vector<TunnelNexthop>{};
    return read_nexthops(netlink_, found->index);
}

Result<TunnelChange> KernelBackend::apply(const TunnelWanted& wanted) {
    if (!watch_.is_started()) watch_.forget();  // who knows what happened since
    FLATLAN_TRY_VOID(watch_.read());
    FLATLAN_TRY(ipv6, read_ipv6_state(network_));
    FLATLAN_TRY(found, find_device_or_known(wanted));
    FLATLAN_TRY(nexthops, nexthops_of(found));
    FLATLAN_TRY(want, wanted_state(wanted, {.ipv6 = ipv6, .nexthops = nexthops}));

    const DeviceStep step =
        device_step(found ? std::optional{found->device} : std::nullopt, *want.device);
    if (step == DeviceStep::recreate)
        FLATLAN_TRY_VOID(try_device(netlink_, found->device, *want.device));
    const FilterRules filter_before = filter_.made();
    FLATLAN_TRY(change, ensure_filter(wanted));
    auto made = make_device(step, found, *want.device);
    if (!made) {
        FLATLAN_TRY_VOID(restore_filter(filter_before, change));
        return std::move(made).error();
    }
    const IfIndex index = made.value();
    FLATLAN_TRY(have, read_have(step, index, want.tables));
    const auto operations = difference(have, want.tables);

    // What is told while the changes are made has to agree with what they lead to.
    watch_.expect({index, std::move(want)});
    if (auto done = carry_out(netlink_, network_, index, operations, [&] { return watch_.read(); });
        !done) {
        watch_.forget();
        return std::move(done).error();
    }

    count(step, change);
    for (const TableOperation& operation : operations)
        count(operation.verb, change);
    return change;
}

/// Before the device, so that there is no packet which it does not see.
Result<TunnelChange> KernelBackend::ensure_filter(const TunnelWanted& wanted) {
    auto changed = filter_.ensure(vxlan_filter(wanted));
    uncounted_ = why_uncounted(filter_, changed);
    if (changed || wanted.settings.sender_check == SenderCheck::on) return changed;
    return TunnelChange{};
}

/// The tunnel that is there works on, and so does its filter, also one that another process made.
Result<void> KernelBackend::restore_filter(const FilterRules& before, const TunnelChange& change) {
    if (!before.table.empty()) return success_of(filter_.ensure(before));
    return change.added > 0 ? filter_.remove() : success();
}

Result<IfIndex> KernelBackend::make_device(DeviceStep step, const std::optional<FoundDevice>& found,
                                           const VxlanDevice& want) {
    if (step == DeviceStep::keep) return found->index;
    // Of its states on the way the kernel tells too.
    watch_.forget();
    if (step != DeviceStep::change) {
        ++devices_made_;  // which has all offloads on
        trials_unanswered_ = 0;
        checksums_ = {};
    }
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
        FLATLAN_TRY(tables, read_device_tables(netlink_, device, want.routes));
        have = std::move(tables);
    }  // A device just made has nothing.
    FLATLAN_TRY(sysctls, read_sysctls(network_, want.sysctls));
    have.sysctls = std::move(sysctls);
    FLATLAN_TRY(addresses, read_addresses(netlink_, want.addresses));
    have.addresses = std::move(addresses);
    return have;
}

Result<std::unique_ptr<OffloadTrial>> KernelBackend::next_trial(const TunnelWanted& wanted) {
    std::unique_ptr<OffloadTrial> trial;
    if (checksums_.known) return trial;
    const auto way = way_to_try(wanted, trials_unanswered_);
    if (!way) return trial;
    FLATLAN_TRY(network, network_.duplicate());
    trial = std::make_unique<ChecksumTrial>(devices_made_, trials_unanswered_, std::move(network),
                                            device(), *way);
    return trial;
}

Result<void> KernelBackend::end_trial(const OffloadTrial& trial, const OffloadVerdict& verdict) {
    if (trial.device() != devices_made_)
        return verdict.note.empty() ? success() : switch_checksum_offload(network_, device(), true);
    checksums_ = verdict;
    if (!verdict.known) ++trials_unanswered_;
    return success();
}

Result<TunnelFigures> KernelBackend::figures(const std::optional<TunnelWanted>& peers) {
    FLATLAN_TRY(link, find_link(netlink_, device()));
    if (!link) return TunnelFigures{};
    FLATLAN_TRY(offloads, offloads_in_use(network_, device()));
    const LinkStats& stats = link->stats;
    TunnelFigures figures{.sent = {stats.sent_packets, stats.sent_bytes},
                          .received = {stats.received_packets, stats.received_bytes},
                          .drops = {{"rx_dropped", stats.received_dropped},
                                    {"rx_errors", stats.received_errors},
                                    {"tx_dropped", stats.sent_dropped},
                                    {"tx_errors", stats.sent_errors}},
                          .offloads = std::move(offloads)};
    FLATLAN_TRY(dropped, filter_.drops());
    figures.drops.insert(figures.drops.end(), dropped.begin(), dropped.end());
    const std::string checksums =
        checksums_.note.empty() ? unexplained_off(figures.offloads, device()) : checksums_.note;
    for (const std::string& note : {uncounted_, checksums})
        if (!note.empty()) figures.notes.push_back(note);
    if (peers) FLATLAN_TRY_VOID(add_vxlan_counts(filter_, *peers, figures));
    return figures;
}

Result<void> KernelBackend::remove() {
    watch_.forget();
    FLATLAN_TRY_VOID(remove_link(netlink_, device()));
    return filter_.remove();
}

}  // namespace flatlan::tunnel
