#pragma once

#include <functional>
#include <mutex>

#include "ipam/lease_store.hpp"

namespace flatlan::ipam {

/// The leases of a node that lives no longer than its process: a lab's. Nothing is on disk; its
/// threads share it.
class MemoryLeaseStore final : public LeaseStore {
public:
    struct Options {
        std::function<Instant()> clock;
        Incarnation incarnation;
        PoolRules rules;
    };
    explicit MemoryLeaseStore(Options options)
        : options_{std::move(options)}, pool_{options_.rules} {}

    Result<Incarnation> incarnation() override { return options_.incarnation; }
    Result<IpAddresses> allocate(const LeaseKey& key, const AddressRequest& request) override;
    Result<std::optional<IpAddresses>> release(const LeaseKey& key) override;
    Result<std::optional<Lease>> find(const LeaseKey& key) override;
    Result<void> hold_block(const IpPrefix& block) override;
    Result<void> serve_block(const IpPrefix& block) override;
    Result<void> remove_block(const IpPrefix& block) override;
    Result<std::vector<Lease>> revoke_block(const IpPrefix& block) override;
    Result<bool> wants_block(IpFamily family) override;
    Result<PoolView> view() override;

private:
    Options options_;
    std::mutex mutex_;
    NodePool pool_;
};

}  // namespace flatlan::ipam
