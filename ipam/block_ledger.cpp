#include "ipam/block_ledger.hpp"

#include <algorithm>
#include <iterator>

#include "overlay/base/hash.hpp"

namespace flatlan::ipam {

BlockLedger::BlockLedger(ClusterPools pools)
    : pools_{std::move(pools)}, taken_(pools_.pools().size()) {}

BlockLedger::Taken& BlockLedger::taken_of(const PoolSpec& pool) {
    return taken_[static_cast<std::size_t>(&pool - pools_.pools().data())];
}

void BlockLedger::put(const BlockClaim& claim) {
    claims_.insert_or_assign(claim.block, claim);
    const PoolSpec* pool = pools_.find_block(claim.block);
    if (pool == nullptr) {
        of_other_length_.insert(claim.block);
        return;
    }
    Taken& taken = taken_of(*pool);
    taken.numbers.insert(*pool->index_of(claim.block.address()));
    while (taken.numbers.contains(taken.first_free))
        ++taken.first_free;
}

void BlockLedger::remove(const IpPrefix& block) {
    claims_.erase(block);
    of_other_length_.erase(block);
    const PoolSpec* pool = pools_.find_block(block);
    if (pool == nullptr) return;
    Taken& taken = taken_of(*pool);
    const std::uint64_t number = *pool->index_of(block.address());
    taken.numbers.erase(number);
    taken.first_free = std::min(taken.first_free, number);
}

void BlockLedger::clear() {
    claims_.clear();
    of_other_length_.clear();
    std::fill(taken_.begin(), taken_.end(), Taken{});
}

const BlockClaim* BlockLedger::find(const IpPrefix& block) const {
    const auto found = claims_.find(block);
    return found == claims_.end() ? nullptr : &found->second;
}

const BlockClaim* BlockLedger::find(const IpAddress& address) const {
    const auto above = claims_.upper_bound(IpPrefix::host(address));
    if (above == claims_.begin()) return nullptr;
    const BlockClaim& below = std::prev(above)->second;
    return below.block.contains(address) ? &below : nullptr;
}

std::vector<BlockClaim> BlockLedger::claims() const {
    std::vector<BlockClaim> all;
    all.reserve(claims_.size());
    for (const auto& [block, claim] : claims_)
        all.push_back(claim);
    return all;
}

std::vector<BlockClaim> BlockLedger::claims_of(const NodeName& node) const {
    std::vector<BlockClaim> own;
    for (const auto& [block, claim] : claims_)
        if (claim.owner.name == node) own.push_back(claim);
    return own;
}

std::optional<IpPrefix> BlockLedger::choose(IpFamily family, ClaimOrder order,
                                            const NodeName& node) const {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        const PoolSpec& pool = pools_.pools()[i];
        if (pool.family() != family) continue;
        const std::uint64_t count = pool.block_count();
        const std::uint64_t start =
            order == ClaimOrder::lowest ? taken_[i].first_free : stable_hash(node.text()) % count;
        if (auto block = free_block(pool, taken_[i], start, count)) return block;
        if (auto block = free_block(pool, taken_[i], taken_[i].first_free, std::min(start, count)))
            return block;
    }
    return std::nullopt;
}

/// The first free block whose number is in [begin, end).
std::optional<IpPrefix> BlockLedger::free_block(const PoolSpec& pool, const Taken& taken,
                                                std::uint64_t begin, std::uint64_t end) const {
    auto next_taken = taken.numbers.lower_bound(begin);
    for (std::uint64_t number = begin; number < end; ++number) {
        if (next_taken != taken.numbers.end() && *next_taken == number) {
            ++next_taken;
            continue;
        }
        const IpPrefix block = pool.block(number);
        const auto overlap =
            std::find_if(of_other_length_.begin(), of_other_length_.end(),
                         [&](const IpPrefix& other) { return other.overlaps(block); });
        if (overlap == of_other_length_.end()) return block;
        // Behind the whole of a larger claim; a smaller one spoils this block alone.
        const auto last = pool.index_of(std::max(overlap->last(), block.last()));
        if (!last) return std::nullopt;
        number = *last;
        next_taken = taken.numbers.upper_bound(number);
    }
    return std::nullopt;
}

}  // namespace flatlan::ipam
