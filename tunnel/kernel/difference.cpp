#include "tunnel/kernel/difference.hpp"

#include <algorithm>
#include <span>
#include <type_traits>

namespace flatlan::tunnel {
namespace {

using Verb = TableOperation::Verb;
using Operations = std::vector<TableOperation>;

/// Walks both tables in the order of their keys and calls `missing(entry of want)`,
/// `differing(entries of have, entry of want)` or `surplus(entry of have)` for each key where they
/// differ.
template <typename Entry, typename Missing, typename Differing, typename Surplus>
void compare(const std::vector<Entry>& have, const std::vector<Entry>& want, Missing missing,
             Differing differing, Surplus surplus) {
    auto old = have.begin();
    auto next = want.begin();
    while (old != have.end() || next != want.end()) {
        if (next == want.end() || (old != have.end() && old->key() < next->key())) {
            surplus(*old++);
        } else if (old == have.end() || next->key() < old->key()) {
            missing(*next++);
        } else {
            const auto end = std::find_if(
                old, have.end(), [&](const Entry& entry) { return entry.key() != next->key(); });
            if (std::distance(old, end) != 1 || *old != *next)
                differing(std::span{old, end}, *next);
            old = end;
            ++next;
        }
    }
}

template <typename Entry>
void make(const std::vector<Entry>& have, const std::vector<Entry>& want, Operations& out) {
    compare(
        have, want,
        [&](const Entry& entry) {
            out.push_back({Verb::add, entry});
        },
        [&](std::span<const Entry> found, const Entry& entry) {
            // Of several routes the kernel would replace the first one, and refuse where the
            // wanted one stands behind it.
            if constexpr (std::is_same_v<Entry, TunnelRoute>)
                for (const Entry& one : found.first(found.size() - 1))
                    out.push_back({Verb::remove, one});
            out.push_back({Verb::replace, entry});
        },
        [](const Entry&) {});
}

template <typename Entry>
void clear_away(const std::vector<Entry>& have, const std::vector<Entry>& want, Operations& out) {
    compare(
        have, want, [](const Entry&) {}, [](std::span<const Entry>, const Entry&) {},
        [&](const Entry& entry) {
            out.push_back({Verb::remove, entry});
        });
}

}  // namespace

DeviceStep device_step(const std::optional<VxlanDevice>& have, const VxlanDevice& want) {
    if (!have) return DeviceStep::create;
    if (*have == want) return DeviceStep::keep;
    const VxlanSettings& old = have->settings;
    const bool changeable = old.vni == want.settings.vni && old.port == want.settings.port &&
                            old.local.family() == want.settings.local.family() &&
                            old.udp_checksum == want.settings.udp_checksum;
    return changeable ? DeviceStep::change : DeviceStep::recreate;
}

std::vector<TableOperation> difference(const KernelTables& have, const KernelTables& want) {
    Operations operations;
    make(have.sysctls, want.sysctls, operations);
    make(have.addresses, want.addresses, operations);
    make(have.fdb, want.fdb, operations);
    make(have.neighbours, want.neighbours, operations);
    make(have.nexthops, want.nexthops, operations);
    make(have.routes, want.routes, operations);
    clear_away(have.routes, want.routes, operations);
    clear_away(have.nexthops, want.nexthops, operations);
    clear_away(have.neighbours, want.neighbours, operations);
    clear_away(have.fdb, want.fdb, operations);
    clear_away(have.addresses, want.addresses, operations);
    return operations;
}

}  // namespace flatlan::tunnel
