#include "tests/property/ipam/node_model.hpp"

#include <algorithm>

namespace flatlan::ipam {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::ipv4, IpFamily::ipv6};

std::uint64_t size_of(const IpPrefix& block) { return std::uint64_t{1} << block.host_bits(); }

bool has(const std::vector<IpPrefix>& blocks, const IpPrefix& block) {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

bool overlaps_any(const std::vector<IpPrefix>& blocks, const IpPrefix& block) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const IpPrefix& other) { return other.overlaps(block); });
}

}  // namespace

bool NodeModel::serves(const IpAddress& address) const { return is_listed(serving_, address); }

bool NodeModel::is_listed(const std::vector<IpPrefix>& ranges, const IpAddress& address) const {
    return overlaps_any(ranges, IpPrefix::host(address));
}

bool NodeModel::is_leased(const IpAddress& address) const {
    return std::any_of(leases_.begin(), leases_.end(), [&](const auto& entry) {
        return entry.second.addresses.find(address.family()) == address;
    });
}

std::optional<Instant> NodeModel::rests_since(const IpAddress& address) const {
    for (const Rest& rest : resting_)
        if (rest.address == address) return rest.freed_at;
    return std::nullopt;
}

std::optional<IpAddress> NodeModel::next(IpFamily family) const {
    for (const IpPrefix& block : serving_) {
        if (block.family() != family) continue;
        for (std::uint64_t i = 0; i < size_of(block); ++i) {
            const IpAddress address = block.at(i);
            const bool barred =
                is_listed(rules_.excluded, address) || is_listed(rules_.reserved, address);
            if (!barred && !rests_since(address) && !is_leased(address)) return address;
        }
    }
    for (const Rest& rest : resting_)
        if (rest.address.family() == family) return rest.address;
    return std::nullopt;
}

NodeModel::Answer<IpAddress> NodeModel::choose(IpFamily family,
                                               const AddressRequest& request) const {
    const IpAddress none{Ipv4Address{}};
    const auto wanted = request.wanted.find(family);
    if (!wanted) {
        const auto free = next(family);
        if (!free) return {none, ErrorCode::exhausted};
        return {*free};
    }
    if (!serves(*wanted)) return {none, ErrorCode::not_found};
    // Excluded afterwards or not: who has an address has it.
    if (is_leased(*wanted)) return {none, ErrorCode::conflict};
    if (is_listed(rules_.excluded, *wanted)) return {none, ErrorCode::invalid_argument};
    return {*wanted};
}

NodeModel::Answer<IpAddresses> NodeModel::allocate(const LeaseKey& key,
                                                   const AddressRequest& request) {
    if (leases_.contains(key)) return {{}, ErrorCode::already_exists};
    IpAddresses chosen;
    for (const IpFamily family : kFamilies) {
        if (!request.asks(family)) continue;
        const auto answer = choose(family, request);
        if (answer.refused) return {{}, answer.refused};
        chosen.set(answer.value);
    }
    if (chosen.empty()) return {{}, ErrorCode::invalid_argument};
    leases_.emplace(key, Lease{key, chosen, request.origin});
    std::erase_if(resting_, [&](const Rest& rest) {
        return chosen.find(rest.address.family()) == rest.address;
    });
    return {chosen};
}

std::optional<IpAddresses> NodeModel::release(Instant now, const LeaseKey& key) {
    const auto at = leases_.find(key);
    if (at == leases_.end()) return std::nullopt;
    const IpAddresses freed = at->second.addresses;
    leases_.erase(at);
    for (const IpFamily family : kFamilies) {
        const auto address = freed.find(family);
        if (!address || is_listed(rules_.reserved, *address)) continue;
        Instant freed_at = now;  // a clock that went back brings nobody forward
        for (const Rest& rest : resting_)
            if (rest.address.family() == family) freed_at = std::max(freed_at, rest.freed_at);
        resting_.push_back({*address, freed_at});
    }
    return freed;
}

std::vector<IpPrefix> NodeModel::blocks() const {
    std::vector<IpPrefix> all = held_;
    all.insert(all.end(), serving_.begin(), serving_.end());
    std::sort(all.begin(), all.end());
    return all;
}

std::optional<ErrorCode> NodeModel::hold_block(const IpPrefix& block) {
    if (has(held_, block) || has(serving_, block)) return std::nullopt;
    if (overlaps_any(blocks(), block)) return ErrorCode::already_exists;
    held_.push_back(block);
    return std::nullopt;
}

std::optional<ErrorCode> NodeModel::serve_block(const IpPrefix& block) {
    if (has(serving_, block)) return std::nullopt;
    if (!has(held_, block)) return ErrorCode::not_found;
    std::erase(held_, block);
    serving_.push_back(block);
    return std::nullopt;
}

std::optional<ErrorCode> NodeModel::remove_block(const IpPrefix& block) {
    if (!has(held_, block) && !has(serving_, block)) return ErrorCode::not_found;
    if (!leases_in(block).empty()) return ErrorCode::conflict;
    forget(block);
    return std::nullopt;
}

NodeModel::Answer<std::vector<Lease>> NodeModel::revoke_block(const IpPrefix& block) {
    if (!has(held_, block) && !has(serving_, block)) return {{}, ErrorCode::not_found};
    const std::vector<Lease> lost = leases_in(block);
    for (const Lease& lease : lost) {
        Lease& kept = leases_.at(lease.key);
        kept.addresses.clear(block.family());
        if (kept.addresses.empty()) leases_.erase(lease.key);
    }
    forget(block);
    return {lost};
}

void NodeModel::forget(const IpPrefix& block) {
    std::erase(held_, block);
    std::erase(serving_, block);
    std::erase_if(resting_, [&](const Rest& rest) { return block.contains(rest.address); });
}

std::vector<Lease> NodeModel::leases_in(const IpPrefix& block) const {
    std::vector<Lease> inside;
    for (const auto& [key, lease] : leases_)
        if (const auto address = lease.addresses.find(block.family());
            address && block.contains(*address))
            inside.push_back(lease);
    return inside;
}

PoolUsage NodeModel::usage(Instant now, const IpPrefix& block) const {
    PoolUsage usage;
    for (std::uint64_t i = 0; i < size_of(block); ++i) {
        const IpAddress address = block.at(i);
        const auto rests_since = this->rests_since(address);
        if (is_leased(address))
            ++usage.leased;
        else if (is_listed(rules_.excluded, address))
            ++usage.excluded;
        else if (is_listed(rules_.reserved, address))
            ++usage.reserved;
        else if (rests_since && now - *rests_since < rules_.cool_down)
            ++usage.cooling;
        else
            ++usage.free;
    }
    return usage;
}

bool NodeModel::wants_block(Instant now, IpFamily family) const {
    std::uint64_t free = 0;
    std::uint64_t for_pods = 0;
    for (const IpPrefix& block : serving_) {
        if (block.family() != family) continue;
        const PoolUsage usage = this->usage(now, block);
        free += usage.free;
        for_pods += usage.free + usage.cooling + usage.leased;
    }
    return for_pods == 0 || free * 4 < for_pods;
}

PoolView NodeModel::view(Instant now) const {
    PoolView view;
    for (const IpPrefix& block : blocks())
        view.blocks.push_back(has(serving_, block) ? HeldBlock{block, true, usage(now, block)}
                                                   : HeldBlock{block, false, {}});
    for (const auto& [key, lease] : leases_)
        view.leases.push_back(lease);
    return view;
}

}  // namespace flatlan::ipam
