#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "ipam/node_pool.hpp"

namespace flatlan::ipam {

/// What one node's IPAM must answer, written to be obviously right and not to be quick: every
/// question is answered by looking at everything. Nothing of NodePool's or FamilyPool's is used.
class NodeModel {
public:
    explicit NodeModel(PoolRules rules) : rules_{std::move(rules)} {}

    /// An answer, or the code of the refusal.
    template <typename T>
    struct Answer {
        T value{};
        std::optional<ErrorCode> refused{};
    };

    Answer<IpAddresses> allocate(const LeaseKey& key, const AddressRequest& request);
    std::optional<IpAddresses> release(Instant now, const LeaseKey& key);
    std::optional<ErrorCode> hold_block(const IpPrefix& block);
    std::optional<ErrorCode> serve_block(const IpPrefix& block);
    std::optional<ErrorCode> remove_block(const IpPrefix& block);
    Answer<std::vector<Lease>> revoke_block(const IpPrefix& block);
    bool wants_block(Instant now, IpFamily family) const;
    PoolView view(Instant now) const;

    const std::map<LeaseKey, Lease>& leases() const { return leases_; }
    std::vector<IpPrefix> blocks() const;  ///< held ones too

private:
    struct Rest {
        IpAddress address;
        Instant freed_at;
    };

    bool serves(const IpAddress& address) const;
    bool is_listed(const std::vector<IpPrefix>& ranges, const IpAddress& address) const;
    bool is_leased(const IpAddress& address) const;
    std::optional<Instant> rests_since(const IpAddress& address) const;
    std::optional<IpAddress> next(IpFamily family) const;
    Answer<IpAddress> choose(IpFamily family, const AddressRequest& request) const;
    PoolUsage usage(Instant now, const IpPrefix& block) const;
    std::vector<Lease> leases_in(const IpPrefix& block) const;
    void forget(const IpPrefix& block);

    PoolRules rules_;
    std::vector<IpPrefix> held_;
    std::vector<IpPrefix> serving_;  ///< the oldest first
    std::map<LeaseKey, Lease> leases_;
    std::vector<Rest> resting_;  ///< of both families, the longest-rested first
};

}  // namespace flatlan::ipam
