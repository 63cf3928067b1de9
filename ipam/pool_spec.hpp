#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "overlay/base/ip_prefix.hpp"
#include "overlay/base/result.hpp"

/// Which address is whose. Decides, and touches nothing but for the stores in its subfolders.
namespace flatlan::ipam {

/// One of the cluster's prefixes and how it is cut into blocks: what one node owns at a time.
class PoolSpec {
public:
    /// The largest block has 2^24 addresses: an IPv4 /8, an IPv6 /104.
    static constexpr unsigned kBlockHostBitsMax = 24;
    /// Of a prefix that has more blocks only the first 2^32 are used.
    static constexpr std::uint64_t kBlocksMax = std::uint64_t{1} << 32U;

    /// What a node claims at a time unless the cluster says otherwise: 64 addresses.
    static constexpr unsigned default_block_length_bits(IpFamily family) {
        return family == IpFamily::ipv4 ? 26 : 122;
    }

    /// Errors, all invalid_argument: a prefix that overlaps a reserved range, a block longer than
    /// an address or with more than 2^24 addresses, a prefix too small for one block.
    static Result<PoolSpec> from(const IpPrefix& cluster, unsigned block_length_bits);

    const IpPrefix& cluster() const { return cluster_; }
    IpFamily family() const { return cluster_.family(); }
    unsigned block_length_bits() const { return block_length_bits_; }
    std::uint64_t block_count() const;
    std::uint64_t addresses_per_block() const { return std::uint64_t{1} << block_host_bits(); }
    /// Blocks are numbered from 0, lowest addresses first; `index` is below `block_count`.
    IpPrefix block(std::uint64_t index) const;
    /// The number of the block that `address` lies in; empty when it is outside or beyond
    /// kBlocksMax.
    std::optional<std::uint64_t> index_of(const IpAddress& address) const;

    friend bool operator==(const PoolSpec&, const PoolSpec&) = default;

private:
    PoolSpec(const IpPrefix& cluster, unsigned block_length_bits)
        : cluster_{cluster}, block_length_bits_{block_length_bits} {}
    unsigned block_host_bits() const { return address_bits(family()) - block_length_bits_; }

    IpPrefix cluster_;
    unsigned block_length_bits_;
};

/// All pools of a cluster, in the order in which they are used: disjoint, at least one.
class ClusterPools {
public:
    static constexpr std::size_t kPoolsMax = 64;

    /// Errors, all invalid_argument: none or too many, two that overlap (both are named).
    static Result<ClusterPools> from(std::vector<PoolSpec> pools);

    std::span<const PoolSpec> pools() const { return pools_; }
    bool has(IpFamily family) const;
    /// The pool in which the address lies, if it is the cluster's.
    const PoolSpec* find(const IpAddress& address) const;
    /// The block in which a node must look for an address that it was asked for. Error
    /// invalid_argument when that is none of the cluster's (whose prefixes are named).
    Result<IpPrefix> block_of(const IpAddress& address) const;
    /// The pool of which `block` is one of the blocks, if there is one.
    const PoolSpec* find_block(const IpPrefix& block) const;

    friend bool operator==(const ClusterPools&, const ClusterPools&) = default;

private:
    explicit ClusterPools(std::vector<PoolSpec> pools) : pools_{std::move(pools)} {}
    std::vector<PoolSpec> pools_;
};

}  // namespace flatlan::ipam
