#include "ipam/pool_spec.hpp"

#include <algorithm>
#include <string>

#include "overlay/base/reserved_range.hpp"

namespace flatlan::ipam {

Result<PoolSpec> PoolSpec::from(const IpPrefix& cluster, unsigned block_length_bits) {
    if (const ReservedRange* const reserved = find_reserved(cluster))
        return Error{ErrorCode::invalid_argument, to_string(cluster) + " overlaps the " +
                                                      std::string{reserved->use} + " range " +
                                                      std::string{reserved->prefix}}
            .expecting(std::string{range_for_hosts(cluster.family())});
    const unsigned bits = address_bits(cluster.family());
    const auto refused = [&](const std::string& why, unsigned expected_min, unsigned expected_max) {
        return Error{ErrorCode::invalid_argument, "blocks of /" +
                                                      std::to_string(block_length_bits) + " in " +
                                                      to_string(cluster) + ": " + why}
            .expecting("a block length from " + std::to_string(expected_min) + " to " +
                       std::to_string(expected_max));
    };
    const unsigned length_min = std::max(cluster.length_bits(), bits - kBlockHostBitsMax);
    if (block_length_bits > bits) return refused("no address is that long", length_min, bits);
    if (block_length_bits < cluster.length_bits())
        return refused("the prefix is too small for one block", length_min, bits);
    if (block_length_bits < length_min)
        return refused("a block has at most 2^24 addresses", length_min, bits);
    return PoolSpec{cluster, block_length_bits};
}

std::uint64_t PoolSpec::block_count() const {
    return std::min(cluster_.count_of(block_length_bits_), kBlocksMax);
}

IpPrefix PoolSpec::block(std::uint64_t index) const {
    FLATLAN_CHECK(index < block_count());
    return cluster_.subprefix(block_length_bits_, index);
}

std::optional<std::uint64_t> PoolSpec::index_of(const IpAddress& address) const {
    if (!cluster_.contains(address)) return std::nullopt;
    const Uint128 index = (address.value() - cluster_.address().value()) >> block_host_bits();
    if (index >= block_count()) return std::nullopt;
    return static_cast<std::uint64_t>(index);
}

Result<ClusterPools> ClusterPools::from(std::vector<PoolSpec> pools) {
    if (pools.empty())
        return Error{ErrorCode::invalid_argument, "a cluster needs a prefix for its pods"};
    if (pools.size() > kPoolsMax)
        return Error{ErrorCode::invalid_argument,
                     "a cluster has at most " + std::to_string(kPoolsMax) + " prefixes"};
    for (std::size_t i = 0; i < pools.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (pools[i].cluster().overlaps(pools[j].cluster()))
                return Error{ErrorCode::invalid_argument,
                             "prefixes " + to_string(pools[j].cluster()) + " and " +
                                 to_string(pools[i].cluster()) + " overlap"}
                    .expecting("prefixes without an address in common");
    return ClusterPools{std::move(pools)};
}

bool ClusterPools::has(IpFamily family) const {
    return std::any_of(pools_.begin(), pools_.end(),
                       [&](const PoolSpec& pool) { return pool.family() == family; });
}

const PoolSpec* ClusterPools::find(const IpAddress& address) const {
    const auto found = std::find_if(pools_.begin(), pools_.end(), [&](const PoolSpec& pool) {
        return pool.cluster().contains(address);
    });
    return found == pools_.end() ? nullptr : &*found;
}

Result<IpPrefix> ClusterPools::block_of(const IpAddress& address) const {
    if (const PoolSpec* pool = find(address))
        if (const auto index = pool->index_of(address)) return pool->block(*index);
    std::string prefixes;
    for (const PoolSpec& pool : pools_)
        prefixes += (prefixes.empty() ? "" : ", ") + to_string(pool.cluster());
    return Error{ErrorCode::invalid_argument,
                 "address " + to_string(address) + " is not the cluster's"}
        .expecting("one in " + prefixes);
}

const PoolSpec* ClusterPools::find_block(const IpPrefix& block) const {
    const PoolSpec* pool = find(block.address());
    if (pool == nullptr || pool->block_length_bits() != block.length_bits()) return nullptr;
    return pool->index_of(block.address()) ? pool : nullptr;
}

}  // namespace flatlan::ipam
