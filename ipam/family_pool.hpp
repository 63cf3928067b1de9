#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ipam/number_set.hpp"
#include "ipam/rest_queue.hpp"
#include "overlay/base/ip_prefix.hpp"

namespace flatlan::ipam {

/// What holds for every address of a node's pool.
struct PoolRules {
    /// How long a freed address rests before it counts as free again: as long as the kernel keeps
    /// a closed TCP connection in mind (TCP_TIMEWAIT_LEN), so that a new pod does not meet the old
    /// one's.
    static constexpr Duration kCoolDown = std::chrono::seconds{60};

    std::vector<IpPrefix> excluded{};  ///< never given
    std::vector<IpPrefix> reserved{};  ///< given only when asked for by address
    Duration cool_down = kCoolDown;
};

/// How the addresses of a pool are used; together they are all of its addresses.
struct PoolUsage {
    std::uint64_t leased = 0;
    std::uint64_t free = 0;      ///< never used, or rested for the whole cool-down
    std::uint64_t cooling = 0;   ///< freed a short while ago; given when nothing is free
    std::uint64_t reserved = 0;  ///< given only when asked for by address, and not leased
    std::uint64_t excluded = 0;

    std::uint64_t total() const { return leased + free + cooling + reserved + excluded; }
    friend bool operator==(const PoolUsage&, const PoolUsage&) = default;
};

/// The addresses of one family in one node's blocks. Says which are to be had and hands them out
/// under a number (`Tenant`) of the caller's choice; who the tenants are is NodePool's business.
///
/// An address that was never used goes first, lowest of the oldest block first; then the one that
/// has rested longest, cooling or not. Taking and giving back take constant time however full the
/// blocks are (plus the logarithm of their number).
class FamilyPool {
public:
    using Tenant = std::uint32_t;
    static constexpr Tenant kTenantMax = (Tenant{1} << 26U) - 1;

    explicit FamilyPool(PoolRules rules);

    /// `block` is of the pool's family, has at most 2^24 addresses and overlaps none that is there.
    void add_block(const IpPrefix& block);
    /// Forgets a block with everything in it; whoever has a lease there must know.
    void remove_block(const IpPrefix& block);
    const IpPrefix* find_block(const IpAddress& address) const;
    /// The first block that overlaps `prefix`.
    const IpPrefix* find_overlap(const IpPrefix& prefix) const;
    std::vector<IpPrefix> blocks() const;  ///< lowest first
    std::size_t block_count() const { return blocks_.size(); }

    enum class State : std::uint8_t { fresh, resting, reserved, excluded, leased };
    /// The address must lie in one of the blocks, here and below.
    State state(const IpAddress& address) const;
    /// Who has a leased address.
    Tenant tenant(const IpAddress& address) const;

    /// The address that `take` would give next; empty when all are leased, reserved or excluded.
    std::optional<IpAddress> next() const;
    /// Leases an address that is not leased yet.
    void take(const IpAddress& address, Tenant tenant);
    /// Ends a lease: the address goes to the end of the queue.
    void give_back(Instant now, const IpAddress& address);
    /// Puts a fresh address into the queue; for those that a store remembers.
    void rest(Instant freed_at, const IpAddress& address);

    PoolUsage usage(Instant now);
    PoolUsage usage(Instant now, const IpPrefix& block) const;
    /// Freed addresses, longest-rested first.
    const RestQueue& resting() const { return resting_; }

private:
    struct Cell {
        State state : 3;
        State home : 3;            ///< what the rules make of it: fresh, reserved or excluded
        std::uint32_t index : 26;  ///< leased: the tenant; resting: the ticket
    };
    struct Block {
        IpPrefix prefix;
        std::uint64_t age;  ///< the older, the lower
        NumberSet fresh;
        std::unique_ptr<Cell[]> cells;  // NOLINT(modernize-avoid-c-arrays)
        Cell& cell(const IpAddress& address) const { return cells[prefix.offset_of(address)]; }
    };

    void mark(Block& block, const std::vector<IpPrefix>& ranges, State state);
    const Block* find(const IpAddress& address) const;
    const Block& get(const IpAddress& address) const;
    Block& get(const IpAddress& address);
    void enter(Block& block, const IpAddress& address, State state, std::uint32_t index);
    void leave(Block& block, const IpAddress& address);
    std::uint64_t& counter(State state);

    PoolRules rules_;
    std::map<IpAddress, Block> blocks_;           ///< by lowest address
    std::map<std::uint64_t, Block*> with_fresh_;  ///< by age
    RestQueue resting_;
    std::uint64_t next_age_ = 0;
    PoolUsage counts_;  ///< `free` counts fresh addresses, `cooling` all that are in `resting_`
};

}  // namespace flatlan::ipam
