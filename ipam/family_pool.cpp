#include "ipam/family_pool.hpp"

#include <algorithm>
#include <utility>

#include "ipam/pool_spec.hpp"

namespace flatlan::ipam {

FamilyPool::FamilyPool(PoolRules rules) : rules_{std::move(rules)}, resting_{rules_.cool_down} {}

void FamilyPool::add_block(const IpPrefix& prefix) {
    FLATLAN_CHECK(prefix.host_bits() <= PoolSpec::kBlockHostBitsMax);
    FLATLAN_CHECK(find_overlap(prefix) == nullptr);
    const std::size_t size = std::size_t{1} << prefix.host_bits();
    const auto [at, added] = blocks_.try_emplace(
        prefix.address(),
        Block{prefix, next_age_++, NumberSet{size}, std::make_unique<Cell[]>(size)});
    FLATLAN_CHECK(added);
    Block& block = at->second;
    block.fresh.insert_all();
    counts_.free += size;
    mark(block, rules_.reserved, State::reserved);
    mark(block, rules_.excluded, State::excluded);
    if (!block.fresh.empty()) with_fresh_.emplace(block.age, &block);
}

/// Makes the rule for `ranges` the home of every address of theirs in a block that is new.
void FamilyPool::mark(Block& block, const std::vector<IpPrefix>& ranges, State state) {
    for (const IpPrefix& range : ranges) {
        if (!range.overlaps(block.prefix)) continue;
        const IpPrefix& common = block.prefix.contains(range) ? range : block.prefix;
        const std::uint64_t begin = block.prefix.offset_of(common.address());
        for (std::uint64_t at = begin; at < begin + (std::uint64_t{1} << common.host_bits());
             ++at) {
            Cell& cell = block.cells[at];
            --counter(cell.state);
            cell.state = cell.home = state;
            ++counter(state);
            block.fresh.erase(at);
        }
    }
}

void FamilyPool::remove_block(const IpPrefix& prefix) {
    Block& block = get(prefix.address());
    FLATLAN_CHECK(block.prefix == prefix);
    const std::size_t size = std::size_t{1} << prefix.host_bits();
    for (std::size_t at = 0; at < size; ++at) {
        const Cell& cell = block.cells[at];
        if (cell.state == State::resting) resting_.erase(cell.index);
        --counter(cell.state);
    }
    with_fresh_.erase(block.age);
    blocks_.erase(prefix.address());
}

const FamilyPool::Block* FamilyPool::find(const IpAddress& address) const {
    const auto above = blocks_.upper_bound(address);
    if (above == blocks_.begin()) return nullptr;
    const Block& block = std::prev(above)->second;
    return block.prefix.contains(address) ? &block : nullptr;
}

const FamilyPool::Block& FamilyPool::get(const IpAddress& address) const {
    const Block* block = find(address);
    FLATLAN_CHECK(block != nullptr);
    return *block;
}

FamilyPool::Block& FamilyPool::get(const IpAddress& address) {
    return const_cast<Block&>(std::as_const(*this).get(address));
}

const IpPrefix* FamilyPool::find_block(const IpAddress& address) const {
    const Block* block = find(address);
    return block == nullptr ? nullptr : &block->prefix;
}

const IpPrefix* FamilyPool::find_overlap(const IpPrefix& prefix) const {
    if (const IpPrefix* around = find_block(prefix.address())) return around;
    const auto inside = blocks_.lower_bound(prefix.address());
    const bool overlaps = inside != blocks_.end() && prefix.contains(inside->first);
    return overlaps ? &inside->second.prefix : nullptr;
}

std::vector<IpPrefix> FamilyPool::blocks() const {
    std::vector<IpPrefix> prefixes;
    prefixes.reserve(blocks_.size());
    for (const auto& [address, block] : blocks_)
        prefixes.push_back(block.prefix);
    return prefixes;
}

FamilyPool::State FamilyPool::state(const IpAddress& address) const {
    return get(address).cell(address).state;
}

FamilyPool::Tenant FamilyPool::tenant(const IpAddress& address) const {
    const Cell& cell = get(address).cell(address);
    FLATLAN_CHECK(cell.state == State::leased);
    return cell.index;
}

std::optional<IpAddress> FamilyPool::next() const {
    if (!with_fresh_.empty()) {
        const Block& oldest = *with_fresh_.begin()->second;
        return oldest.prefix.at(*oldest.fresh.lowest());
    }
    const auto rested = resting_.front();
    return rested ? std::optional{resting_.address(*rested)} : std::nullopt;
}

void FamilyPool::take(const IpAddress& address, Tenant tenant) {
    FLATLAN_CHECK(tenant <= kTenantMax);
    Block& block = get(address);
    FLATLAN_CHECK(block.cell(address).state != State::leased);
    leave(block, address);
    enter(block, address, State::leased, tenant);
}

void FamilyPool::give_back(Instant now, const IpAddress& address) {
    Block& block = get(address);
    const Cell& cell = block.cell(address);
    FLATLAN_CHECK(cell.state == State::leased);
    leave(block, address);
    if (cell.home == State::fresh)
        enter(block, address, State::resting, resting_.push(now, address));
    else
        enter(block, address, cell.home, 0);
}

void FamilyPool::rest(Instant freed_at, const IpAddress& address) {
    Block& block = get(address);
    if (block.cell(address).state != State::fresh) return;  // the rules have changed since
    leave(block, address);
    enter(block, address, State::resting, resting_.push(freed_at, address));
}

void FamilyPool::enter(Block& block, const IpAddress& address, State state, std::uint32_t index) {
    Cell& cell = block.cell(address);
    cell.state = state;
    cell.index = index & kTenantMax;
    ++counter(state);
}

void FamilyPool::leave(Block& block, const IpAddress& address) {
    const Cell& cell = block.cell(address);
    --counter(cell.state);
    if (cell.state == State::resting) resting_.erase(cell.index);
    if (cell.state != State::fresh) return;
    block.fresh.erase(block.prefix.offset_of(address));
    if (block.fresh.empty()) with_fresh_.erase(block.age);
}

std::uint64_t& FamilyPool::counter(State state) {
    switch (state) {
        case State::fresh:
            return counts_.free;
        case State::resting:
            return counts_.cooling;
        case State::reserved:
            return counts_.reserved;
        case State::excluded:
            return counts_.excluded;
        case State::leased:
            break;
    }
    return counts_.leased;
}

PoolUsage FamilyPool::usage(Instant now) {
    PoolUsage usage = counts_;
    usage.cooling = resting_.cooling(now);
    usage.free += resting_.size() - usage.cooling;
    return usage;
}

PoolUsage FamilyPool::usage(Instant now, const IpPrefix& prefix) const {
    const Block& block = get(prefix.address());
    PoolUsage usage;
    const std::size_t size = std::size_t{1} << block.prefix.host_bits();
    for (std::size_t at = 0; at < size; ++at) {
        const Cell& cell = block.cells[at];
        const bool cooling =
            cell.state == State::resting && now - resting_.freed_at(cell.index) < rules_.cool_down;
        if (cell.state == State::leased) ++usage.leased;
        if (cell.state == State::reserved) ++usage.reserved;
        if (cell.state == State::excluded) ++usage.excluded;
        if (cooling) ++usage.cooling;
        if (cell.state == State::fresh || (cell.state == State::resting && !cooling)) ++usage.free;
    }
    return usage;
}

}  // namespace flatlan::ipam
