#include "tunnel/engine/forwarding.hpp"

#include <algorithm>

namespace flatlan::tunnel {
namespace {

/// The routes of one family by address, of one address the shortest prefix first: each prefix
/// stands behind all that contain it.
std::vector<const Route*> sorted_of(std::span<const Route> routes, IpFamily family) {
    std::vector<const Route*> sorted;
    for (const Route& route : routes)
        if (route.prefix.family() == family) sorted.push_back(&route);
    std::sort(sorted.begin(), sorted.end(), [](const Route* left, const Route* right) {
        if (left->prefix.address() != right->prefix.address())
            return left->prefix.address() < right->prefix.address();
        return left->prefix.length_bits() < right->prefix.length_bits();
    });
    return sorted;
}

Result<void> no_conflict(std::span<const Route* const> sorted) {
    for (std::size_t i = 1; i < sorted.size(); ++i)
        if (sorted[i - 1]->prefix == sorted[i]->prefix && sorted[i - 1]->owner != sorted[i]->owner)
            return Error{ErrorCode::conflict,
                         "prefix " + to_string(sorted[i]->prefix) + " has two owners"};
    return success();
}

}  // namespace

template <typename Integer>
std::optional<std::uint32_t> Forwarding::Ranges<Integer>::find(Integer address) const {
    const auto behind = std::upper_bound(starts.begin(), starts.end(), address);
    return owners[static_cast<std::size_t>(behind - starts.begin()) - 1];
}

template <typename Integer>
void Forwarding::Ranges<Integer>::start(Integer at, std::optional<std::uint32_t> owner) {
    if (starts.back() == at) {
        owners.back() = owner;
        return;
    }
    starts.push_back(at);
    owners.push_back(owner);
}

template <typename Integer>
Forwarding::Ranges<Integer> Forwarding::Ranges<Integer>::from(
    std::span<const Route* const> sorted) {
    Ranges ranges;
    std::vector<const Route*> open;  // the prefixes around the current address, outermost first
    const auto close = [&] {
        const auto last = static_cast<Integer>(open.back()->prefix.last().value());
        open.pop_back();
        if (last == static_cast<Integer>(~Integer{0})) return;
        ranges.start(static_cast<Integer>(last + 1),
                     open.empty() ? std::nullopt : std::optional{open.back()->owner});
    };
    for (const Route* route : sorted) {
        while (!open.empty() && open.back()->prefix.last() < route->prefix.address())
            close();
        ranges.start(static_cast<Integer>(route->prefix.address().value()), route->owner);
        open.push_back(route);
    }
    while (!open.empty())
        close();
    return ranges;
}

Result<Forwarding> Forwarding::from(std::span<const Route> routes) {
    const auto ipv4 = sorted_of(routes, IpFamily::ipv4);
    const auto ipv6 = sorted_of(routes, IpFamily::ipv6);
    FLATLAN_TRY_VOID(no_conflict(ipv4));
    FLATLAN_TRY_VOID(no_conflict(ipv6));
    Forwarding forwarding;
    forwarding.ipv4_ = Ranges<std::uint32_t>::from(ipv4);
    forwarding.ipv6_ = Ranges<Uint128>::from(ipv6);
    return forwarding;
}

template struct Forwarding::Ranges<std::uint32_t>;
template struct Forwarding::Ranges<Uint128>;

}  // namespace flatlan::tunnel
