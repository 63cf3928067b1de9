#include "ipam/store/memory_lease_store.hpp"

namespace flatlan::ipam {

Result<IpAddresses> MemoryLeaseStore::allocate(const LeaseKey& key, const AddressRequest& request) {
    const std::lock_guard lock{mutex_};
    return pool_.allocate(key, request);
}

Result<std::optional<IpAddresses>> MemoryLeaseStore::release(const LeaseKey& key) {
    const std::lock_guard lock{mutex_};
    return pool_.release(options_.clock(), key);
}

Result<std::optional<Lease>> MemoryLeaseStore::find(const LeaseKey& key) {
    const std::lock_guard lock{mutex_};
    return pool_.find(key);
}

Result<void> MemoryLeaseStore::hold_block(const IpPrefix& block) {
    const std::lock_guard lock{mutex_};
    return pool_.hold_block(block);
}

Result<void> MemoryLeaseStore::serve_block(const IpPrefix& block) {
    const std::lock_guard lock{mutex_};
    return pool_.serve_block(block);
}

Result<void> MemoryLeaseStore::remove_block(const IpPrefix& block) {
    const std::lock_guard lock{mutex_};
    return pool_.remove_block(block);
}

Result<std::vector<Lease>> MemoryLeaseStore::revoke_block(const IpPrefix& block) {
    const std::lock_guard lock{mutex_};
    return pool_.revoke_block(block);
}

Result<bool> MemoryLeaseStore::wants_block(IpFamily family) {
    const std::lock_guard lock{mutex_};
    return pool_.wants_block(options_.clock(), family);
}

Result<PoolView> MemoryLeaseStore::view() {
    const std::lock_guard lock{mutex_};
    return pool_.view(options_.clock());
}

}  // namespace flatlan::ipam
