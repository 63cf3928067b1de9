#include "ipam/reconciliation.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

namespace flatlan::ipam {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::ipv4, IpFamily::ipv6};

template <typename Addresses>
bool has_one_of(const Addresses& set, const IpAddresses& addresses) {
    return std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](IpFamily family) {
        const auto address = addresses.find(family);
        return address && set.contains(*address);
    });
}

/// The name of whoever has an interface that does not say whose it is. The number of a namespace
/// and the name of an interface make a name that CNI allows, but for rare characters.
LeaseKey stranger(const LiveAddress& live) {
    std::string interface = live.interface.text();
    if (auto key = LeaseKey::from("unknown", "ns-" + std::to_string(live.netns.value), interface))
        return std::move(key).value();
    return LeaseKey::from("unknown", "ns-" + std::to_string(live.netns.value), "if").value();
}

/// Gives the addresses that no lease holds to their holders.
class Adoption {
public:
    Adoption(std::span<const Lease> leases, const BootId& boot) : boot_{boot} {
        for (const Lease& lease : leases)
            keys_.insert(lease.key);
    }

    void add(const LiveAddress& live) {
        const auto named = LeaseKey::from_text(live.key_text);
        // A key that has a lease has other addresses: whose these are is not known.
        const bool usable =
            named && !keys_.contains(named.value()) && !holds(named.value(), live.address.family());
        LeaseKey key = usable ? named.value() : stranger(live);
        for (unsigned number = 2; keys_.contains(key) || holds(key, live.address.family());
             ++number)
            key = LeaseKey::from(
                      "unknown",
                      "ns-" + std::to_string(live.netns.value) + "-" + std::to_string(number),
                      key.interface())
                      .value();
        const auto at =
            adopted_.try_emplace(key, Lease{key, {}, LeaseOrigin{boot_, live.netns}}).first;
        at->second.addresses.set(live.address);
    }

    std::vector<Lease> leases() const {
        std::vector<Lease> all;
        for (const auto& [key, lease] : adopted_)
            all.push_back(lease);
        return all;
    }

private:
    bool holds(const LeaseKey& key, IpFamily family) const {
        const auto at = adopted_.find(key);
        return at != adopted_.end() && at->second.addresses.find(family).has_value();
    }

    BootId boot_;
    std::set<LeaseKey> keys_;
    std::map<LeaseKey, Lease> adopted_;
};

}  // namespace

Reconciliation reconcile(std::span<const Lease> leases, std::span<const IpPrefix> blocks,
                         std::span<const LiveAddress> live, const BootId& boot) {
    std::unordered_set<IpAddress> alive;
    for (const LiveAddress& address : live)
        alive.insert(address.address);

    Reconciliation wanted;
    std::unordered_set<IpAddress> leased;
    for (const Lease& lease : leases) {
        const bool is_old = !lease.key.is_node() && lease.origin.boot != boot;
        if (is_old && !has_one_of(alive, lease.addresses)) {
            wanted.release.push_back(lease);
            continue;
        }
        for (const IpFamily family : kFamilies)
            if (const auto address = lease.addresses.find(family)) leased.insert(*address);
    }

    Adoption adoption{leases, boot};
    for (const LiveAddress& address : live) {
        const bool ours = std::any_of(blocks.begin(), blocks.end(), [&](const IpPrefix& block) {
            return block.contains(address.address);
        });
        // An address that two namespaces have is leased once; the audit names the other.
        if (ours && leased.insert(address.address).second) adoption.add(address);
    }
    wanted.adopt = adoption.leases();
    return wanted;
}

std::vector<Lease> adoptions_in(const IpPrefix& block, std::span<const Lease> leases,
                                std::span<const LiveAddress> live, const BootId& boot) {
    std::map<LeaseKey, Lease> completed;
    std::vector<LiveAddress> others;
    for (const LiveAddress& each : live) {
        if (!block.contains(each.address)) continue;
        const auto key = LeaseKey::from_text(each.key_text);
        const auto known = std::find_if(leases.begin(), leases.end(), [&](const Lease& lease) {
            return key && lease.key == key.value() && lease.origin.netns == each.netns &&
                   !lease.addresses.find(each.address.family());
        });
        if (known == leases.end() || completed.contains(known->key))
            others.push_back(each);
        else
            completed.emplace(known->key, *known).first->second.addresses.set(each.address);
    }
    std::vector<Lease> adopted = reconcile(leases, {&block, 1}, others, boot).adopt;
    for (auto& [key, lease] : completed)
        adopted.push_back(std::move(lease));
    return adopted;
}

}  // namespace flatlan::ipam
