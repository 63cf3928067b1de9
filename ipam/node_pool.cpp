#include "ipam/node_pool.hpp"

#include <algorithm>

#include "ipam/pool_spec.hpp"

namespace flatlan::ipam {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::ipv4, IpFamily::ipv6};
constexpr std::size_t kNamedMax =
    5;  ///< leases or blocks that a message names before it says "and N more"

std::string name_of(const Lease& lease) { return lease.key.text(); }
std::string name_of(const IpPrefix& block) { return to_string(block); }

template <typename Named>
std::string names_of(const std::vector<Named>& list) {
    std::string names;
    for (std::size_t i = 0; i < std::min(list.size(), kNamedMax); ++i)
        names += (i == 0 ? "" : ", ") + name_of(list[i]);
    if (list.size() > kNamedMax)
        names += " and " + std::to_string(list.size() - kNamedMax) + " more";
    return names;
}

Error no_such_block(const IpPrefix& block) {
    return Error{ErrorCode::not_found, "this node has no block " + to_string(block)};
}

}  // namespace

NodePool::NodePool(PoolRules rules) : ipv4_{rules}, ipv6_{std::move(rules)} {}

bool NodePool::serves(const IpPrefix& block) const {
    const IpPrefix* there = pool(block.family()).find_block(block.address());
    return there != nullptr && *there == block;
}

Result<void> NodePool::hold_block(const IpPrefix& block) {
    if (has_block(block)) return success();
    if (block.host_bits() > PoolSpec::kBlockHostBitsMax)
        return Error{ErrorCode::invalid_argument,
                     "block " + to_string(block) + " has more than 2^24 addresses"};
    const auto held = std::find_if(held_.begin(), held_.end(),
                                   [&](const IpPrefix& other) { return other.overlaps(block); });
    const IpPrefix* overlap =
        held == held_.end() ? pool(block.family()).find_overlap(block) : &*held;
    if (overlap != nullptr)
        return Error{ErrorCode::already_exists,
                     "block " + to_string(block) + " overlaps block " + to_string(*overlap)};
    held_.insert(block);
    return success();
}

Result<void> NodePool::serve_block(const IpPrefix& block) {
    if (serves(block)) return success();
    if (held_.erase(block) == 0) return no_such_block(block);
    pool(block.family()).add_block(block);
    return success();
}

Result<void> NodePool::add_block(const IpPrefix& block) {
    if (has_block(block))
        return Error{ErrorCode::already_exists, "block " + to_string(block) + " is here already"};
    FLATLAN_TRY_VOID(hold_block(block));
    return serve_block(block);
}

Result<void> NodePool::remove_block(const IpPrefix& block) {
    if (held_.erase(block) != 0) return success();
    if (!serves(block)) return no_such_block(block);
    if (const auto inside = leases_in(block); !inside.empty())
        return Error{ErrorCode::conflict,
                     "block " + to_string(block) + " is in use by " + names_of(inside)};
    pool(block.family()).remove_block(block);
    return success();
}

Result<std::vector<Lease>> NodePool::revoke_block(const IpPrefix& block) {
    if (held_.erase(block) != 0) return std::vector<Lease>{};
    if (!serves(block)) return no_such_block(block);
    auto lost = leases_in(block);
    for (const Lease& lease : lost) {
        const auto held = leases_.find(lease.key);
        held->second.addresses.clear(block.family());
        if (!held->second.addresses.empty()) continue;
        vacant_.push_back(held->second.tenant);
        leases_.erase(held);
    }
    pool(block.family()).remove_block(block);
    return lost;
}

std::vector<IpPrefix> NodePool::blocks() const {
    auto all = ipv4_.blocks();
    const auto ipv6 = ipv6_.blocks();
    all.insert(all.end(), ipv6.begin(), ipv6.end());
    return all;
}

PoolView NodePool::view(Instant now) const {
    PoolView view{{}, leases()};
    for (const IpPrefix& block : blocks())
        view.blocks.push_back({block, true, usage(now, block)});
    for (const IpPrefix& block : held_)
        view.blocks.push_back({block, false});
    std::sort(view.blocks.begin(), view.blocks.end(),
              [](const HeldBlock& a, const HeldBlock& b) { return a.block < b.block; });
    return view;
}

Result<IpAddresses> NodePool::allocate(const LeaseKey& key, const AddressRequest& request) {
    if (const auto held = leases_.find(key); held != leases_.end())
        return Error{ErrorCode::already_exists,
                     key.text() + " already has " + text_of(held->second.addresses)};
    IpAddresses chosen;
    for (const IpFamily family : kFamilies) {
        if (!request.asks(family)) continue;
        FLATLAN_TRY(address, choose(family, request));
        chosen.set(address);
    }
    if (chosen.empty())
        return Error{ErrorCode::invalid_argument, key.text() + " asks for no address"}.expecting(
            "IPv4, IPv6 or both");
    hold(key, chosen, request.origin);
    return chosen;
}

Result<IpAddress> NodePool::choose(IpFamily family, const AddressRequest& request) const {
    if (const auto wanted = request.wanted.find(family)) return check_wanted(*wanted);
    if (const auto next = pool(family).next()) return *next;
    const std::size_t blocks = pool(family).block_count();
    return Error{ErrorCode::exhausted,
                 "no " + std::string{to_string(family)} + " address left in " +
                     (blocks == 1 ? "the node's block" : std::to_string(blocks) + " blocks")};
}

Result<IpAddress> NodePool::check_wanted(const IpAddress& address) const {
    const FamilyPool& family = pool(address.family());
    if (family.find_block(address) == nullptr)
        return Error{ErrorCode::not_found,
                     "address " + to_string(address) + " lies in no block of this node"}
            .expecting(family.block_count() == 0 ? "a block, of which the node has none yet"
                                                 : "one in " + names_of(family.blocks()));
    switch (family.state(address)) {
        case FamilyPool::State::excluded:
            return Error{ErrorCode::invalid_argument,
                         "address " + to_string(address) + " is excluded"};
        case FamilyPool::State::leased:
            return Error{ErrorCode::conflict, "address " + to_string(address) + " is held by " +
                                                  holder(address).first.text()};
        default:
            return address;
    }
}

const NodePool::Leases::value_type& NodePool::holder(const IpAddress& address) const {
    return *tenants_[pool(address.family()).tenant(address)];
}

void NodePool::hold(const LeaseKey& key, const IpAddresses& addresses, const LeaseOrigin& origin) {
    if (vacant_.empty()) {
        vacant_.push_back(static_cast<FamilyPool::Tenant>(tenants_.size()));
        tenants_.push_back(nullptr);
    }
    const FamilyPool::Tenant tenant = vacant_.back();
    vacant_.pop_back();
    const auto [at, added] = leases_.try_emplace(key, Tenancy{addresses, origin, tenant});
    FLATLAN_CHECK(added);
    tenants_[tenant] = &*at;
    for (const IpFamily family : kFamilies)
        if (const auto address = addresses.find(family)) pool(family).take(*address, tenant);
}

std::optional<IpAddresses> NodePool::release(Instant now, const LeaseKey& key) {
    const auto held = leases_.find(key);
    if (held == leases_.end()) return std::nullopt;
    const IpAddresses addresses = held->second.addresses;
    for (const IpFamily family : kFamilies)
        if (const auto address = addresses.find(family)) pool(family).give_back(now, *address);
    vacant_.push_back(held->second.tenant);
    leases_.erase(held);
    return addresses;
}

std::optional<Lease> NodePool::find(const LeaseKey& key) const {
    const auto held = leases_.find(key);
    if (held == leases_.end()) return std::nullopt;
    return Lease{key, held->second.addresses, held->second.origin};
}

std::optional<Lease> NodePool::find(const IpAddress& address) const {
    const FamilyPool& family = pool(address.family());
    if (family.find_block(address) == nullptr) return std::nullopt;
    if (family.state(address) != FamilyPool::State::leased) return std::nullopt;
    const auto& [key, tenancy] = holder(address);
    return Lease{key, tenancy.addresses, tenancy.origin};
}

std::vector<Lease> NodePool::leases() const {
    std::vector<Lease> all;
    all.reserve(leases_.size());
    for (const auto& [key, tenancy] : leases_)
        all.push_back({key, tenancy.addresses, tenancy.origin});
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<Lease> NodePool::leases_in(const IpPrefix& prefix) const {
    std::vector<Lease> inside = leases();
    std::erase_if(inside, [&](const Lease& lease) {
        const auto address = lease.addresses.find(prefix.family());
        return !address || !prefix.contains(*address);
    });
    return inside;
}

PoolUsage NodePool::usage(Instant now, const IpPrefix& block) const {
    return pool(block.family()).usage(now, block);
}

bool NodePool::wants_block(Instant now, IpFamily family) {
    const PoolUsage usage = pool(family).usage(now);
    const std::uint64_t for_pods = usage.leased + usage.free + usage.cooling;
    return for_pods == 0 || usage.free * kFreeShareMin < for_pods;
}

Result<void> NodePool::restore(const Lease& lease) {
    if (leases_.contains(lease.key))
        return Error{ErrorCode::corrupt, lease.key.text() + " has two leases"};
    for (const IpFamily family : kFamilies) {
        const auto address = lease.addresses.find(family);
        if (!address) continue;
        if (pool(family).find_block(*address) == nullptr)
            return Error{ErrorCode::not_found, "address " + to_string(*address) + " of " +
                                                   lease.key.text() +
                                                   " lies in no block of this node"};
        if (pool(family).state(*address) == FamilyPool::State::leased)
            return Error{ErrorCode::corrupt, "address " + to_string(*address) + " is held by " +
                                                 holder(*address).first.text() + " and " +
                                                 lease.key.text()};
    }
    hold(lease.key, lease.addresses, lease.origin);
    return success();
}

void NodePool::restore_resting(Instant freed_at, const IpAddress& address) {
    FamilyPool& family = pool(address.family());
    if (family.find_block(address) != nullptr) family.rest(freed_at, address);
}

}  // namespace flatlan::ipam
