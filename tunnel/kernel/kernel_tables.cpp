#include "tunnel/kernel/kernel_tables.hpp"

#include <algorithm>
#include <charconv>

#include "overlay/linux/sysctl.hpp"
#include "tunnel/kernel/translation.hpp"

namespace flatlan::tunnel {
namespace {

constexpr const char* kIpv6Switch = "net/ipv6/conf/all/disable_ipv6";

/// Each operation makes the kernel tell of one change, which takes up to 1,280 octets (truesize) of
/// a buffer that an ordinary user may have no larger than 416 KiB (net.core.rmem_max, twice).
constexpr std::size_t kOperationsPerPause = 256;

/// Those of one key stay in the order in which they were read.
template <typename Entry>
void sort_by_key(std::vector<Entry>& entries) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
}

/// Those of `found` that are entries of ours, sorted by key.
template <typename Entry, typename Found>
std::vector<Entry> entries_of(const std::vector<Found>& found) {
    std::vector<Entry> entries;
    entries.reserve(found.size());
    for (const Found& one : found)
        if (auto entry = entry_from(one)) entries.push_back(std::move(*entry));
    sort_by_key(entries);
    return entries;
}

template <typename Entry, typename Key>
bool has_key(std::span<const Entry> sorted, const Key& key) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), key,
                                     [](const Entry& a, const auto& b) { return a.key() < b; });
    return at != sorted.end() && at->key() == key;
}

/// Those by the device or one of its next hops, and those that stand in a place of `wanted`.
Result<std::vector<TunnelRoute>> read_routes(Netlink& netlink, IfIndex device,
                                             std::span<const TunnelNexthop> nexthops,
                                             std::span<const TunnelRoute> wanted) {
    FLATLAN_TRY(found, list_routes(netlink));
    std::vector<TunnelRoute> routes;
    routes.reserve(wanted.size());
    for (const Route& route : found) {
        auto entry = entry_from(route);
        if (!entry) continue;
        entry->elsewhere =
            route.nexthop ? !has_key(nexthops, *route.nexthop) : route.device != device;
        if (!entry->elsewhere || has_key(wanted, entry->key())) routes.push_back(std::move(*entry));
    }
    sort_by_key(routes);
    return routes;
}

bool is_sysctl(const TableOperation& operation) {
    return std::holds_alternative<TunnelSysctl>(operation.entry);
}

bool is_removal(const TableOperation& operation) {
    return operation.verb == TableOperation::Verb::remove;
}

bool prepares_routes(const TableOperation& operation) {
    return !is_removal(operation) && !std::holds_alternative<TunnelRoute>(operation.entry);
}

Result<void> execute(Netlink& netlink, IfIndex device, std::span<const TableOperation> operations,
                     const std::function<Result<void>()>& pause) {
    while (!operations.empty()) {
        const auto together = operations.first(std::min(operations.size(), kOperationsPerPause));
        operations = operations.subspan(together.size());
        NetlinkBatch batch;
        for (const TableOperation& operation : together)
            append(batch, operation, device);
        FLATLAN_TRY_VOID(netlink.execute(batch));
        FLATLAN_TRY_VOID(pause());
    }
    return success();
}

}  // namespace

Result<Ipv6State> read_ipv6_state(const Namespace& network) {
    const auto off = read_sysctl(network, kIpv6Switch);
    if (off) return off.value() == "0" ? Ipv6State::on : Ipv6State::off;
    if (off.error().code() == ErrorCode::not_found) return Ipv6State::absent;
    return off.error();
}

Result<std::vector<TunnelSysctl>> read_sysctls(const Namespace& network,
                                               std::span<const TunnelSysctl> wanted) {
    std::vector<TunnelSysctl> found;
    for (const TunnelSysctl& sysctl : wanted) {
        const auto text = read_sysctl(network, sysctl.name);
        if (!text && text.error().code() == ErrorCode::not_found) continue;
        if (!text) return text.error();
        int value = 0;
        const char* const end = text.value().data() + text.value().size();
        if (std::from_chars(text.value().data(), end, value).ptr == end)
            found.push_back({sysctl.name, value});
    }
    return found;
}

Result<std::vector<TunnelAddress>> read_addresses(Netlink& netlink,
                                                  std::span<const TunnelAddress> wanted) {
    FLATLAN_TRY(found, list_addresses(netlink, kLoopback));
    auto addresses = entries_of<TunnelAddress>(found);
    std::erase_if(addresses, [&](const TunnelAddress& address) {
        return std::none_of(wanted.begin(), wanted.end(),
                            [&](const TunnelAddress& one) { return one.key() == address.key(); });
    });
    return addresses;
}

Result<std::vector<TunnelNexthop>> read_nexthops(Netlink& netlink, IfIndex device) {
    FLATLAN_TRY(nexthops, list_nexthops(netlink, device));
    return entries_of<TunnelNexthop>(nexthops);
}

Result<KernelTables> read_device_tables(Netlink& netlink, IfIndex device,
                                        std::span<const TunnelRoute> wanted) {
    FLATLAN_TRY(fdb, list_fdb_entries(netlink, device));
    FLATLAN_TRY(neighbours, list_neighbours(netlink, device));
    FLATLAN_TRY(nexthops, read_nexthops(netlink, device));
    FLATLAN_TRY(routes, read_routes(netlink, device, nexthops, wanted));
    return KernelTables{.sysctls = {},
                        .addresses = {},
                        .fdb = entries_of<TunnelFdbEntry>(fdb),
                        .neighbours = entries_of<TunnelNeighbour>(neighbours),
                        .nexthops = std::move(nexthops),
                        .routes = std::move(routes)};
}

Result<void> carry_out(Netlink& netlink, const Namespace& network, IfIndex device,
                       std::span<const TableOperation> operations,
                       const std::function<Result<void>()>& pause) {
    const auto tables = std::find_if_not(operations.begin(), operations.end(), is_sysctl);
    const auto routes = std::find_if_not(tables, operations.end(), prepares_routes);
    const auto removals =
        std::find_if_not(operations.rbegin(), operations.rend(), is_removal).base();

    std::vector<Sysctl> sysctls;
    for (auto at = operations.begin(); at != tables; ++at) {
        const auto& sysctl = std::get<TunnelSysctl>(at->entry);
        sysctls.push_back({sysctl.name, std::to_string(sysctl.value)});
    }
    if (!sysctls.empty())
        if (auto set = ensure_sysctls(network, sysctls); !set) return std::move(set).error();
    FLATLAN_TRY_VOID(execute(netlink, device, {tables, routes}, pause));
    FLATLAN_TRY_VOID(execute(netlink, device, {routes, removals}, pause));
    return execute(netlink, device, {removals, operations.end()}, pause);
}

}  // namespace flatlan::tunnel
