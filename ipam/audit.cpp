#include "ipam/audit.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_set>

#include "ipam/gateway.hpp"

namespace flatlan::ipam {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::ipv4, IpFamily::ipv6};
constexpr std::array<std::string_view, 8> kWords{
    "duplicate_address", "overlapping_blocks", "leaked_lease",      "namespace_missing",
    "unleased_address",  "orphaned_block",     "unconfirmed_claim", "unclaimed_block"};

std::string place_of(const LiveAddress& live) {
    const std::string where =
        live.interface.text() + " of network namespace " + std::to_string(live.netns.value);
    return live.key_text.empty() ? where : where + " (" + live.key_text + ")";
}

std::string joined(const std::set<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts)
        all += (all.empty() ? "" : " and ") + text;
    return all;
}

class Audit {
public:
    explicit Audit(const ClusterSurvey& survey) : survey_{survey} {}

    std::vector<Finding> run() {
        gather();
        check_duplicates();
        for (const NodeSurvey& node : survey_.nodes) {
            check_leases(node);
            check_live(node);
        }
        check_overlaps();
        if (survey_.registry) check_claims(*survey_.registry);
        std::sort(findings_.begin(), findings_.end());
        return std::move(findings_);
    }

private:
    /// Who has an address, in words: leases, and places where it is.
    struct Holders {
        std::set<std::string> leases;
        std::set<std::string> places;
        std::set<std::string> nodes;
    };

    bool is_ours(const IpAddress& address) const {
        return std::any_of(survey_.prefixes.begin(), survey_.prefixes.end(),
                           [&](const IpPrefix& prefix) { return prefix.contains(address); });
    }

    void add(FindingKind kind, std::string subject, std::string node, std::string evidence,
             std::string mend) {
        findings_.push_back(
            {kind, std::move(subject), std::move(node), std::move(evidence), std::move(mend)});
    }

    void gather() {
        for (const NodeSurvey& node : survey_.nodes) {
            const std::string& name = node.node.name.text();
            for (const Lease& lease : node.pool.leases)
                for (const IpFamily family : kFamilies) {
                    const auto address = lease.addresses.find(family);
                    if (!address) continue;
                    holders_[*address].leases.insert(lease.key.text() + " on " + name);
                    holders_[*address].nodes.insert(name);
                }
            for (const LiveAddress& live : node.live) {
                if (!is_ours(live.address)) continue;
                holders_[live.address].places.insert(place_of(live) + " on " + name);
                holders_[live.address].nodes.insert(name);
            }
        }
    }

    void check_duplicates() {
        for (const auto& [address, holders] : holders_) {
            if (holders.leases.size() > 1)
                add(FindingKind::duplicate_address, to_string(address), joined(holders.nodes),
                    "leased to " + joined(holders.leases), "delete one of these pods");
            else if (holders.places.size() > 1)
                add(FindingKind::duplicate_address, to_string(address), joined(holders.nodes),
                    "on " + joined(holders.places), "remove it where it does not belong");
        }
    }

    bool is_duplicate(const IpAddress& address) const {
        const Holders& holders = holders_.at(address);
        return holders.leases.size() > 1 || holders.places.size() > 1;
    }

    void check_leases(const NodeSurvey& node) {
        for (const Lease& lease : leaked_leases(node))
            add(FindingKind::leaked_lease, lease.key.text(), node.node.name.text(),
                "holds " + text_of(lease.addresses) + ", which no network namespace has",
                "flatlan ipam gc");
        std::unordered_set<IpAddress> alive;
        for (const LiveAddress& live : node.live)
            alive.insert(live.address);
        for (const Lease& lease : node.pool.leases) {
            // A gateway's address is the node's own, and in no pod's namespace.
            if (!node.kept.contains(lease.key) || is_gateway(lease.key)) continue;
            IpAddresses missing;
            for (const IpFamily family : kFamilies)
                if (const auto address = lease.addresses.find(family))
                    if (!alive.contains(*address)) missing.set(*address);
            if (!missing.empty())
                add(FindingKind::namespace_missing, lease.key.text(), node.node.name.text(),
                    "no network namespace has " + text_of(missing), "make this pod anew");
        }
    }

    void check_live(const NodeSurvey& node) {
        std::unordered_set<IpAddress> leased;
        for (const Lease& lease : node.pool.leases)
            for (const IpFamily family : kFamilies)
                if (const auto address = lease.addresses.find(family)) leased.insert(*address);
        std::unordered_set<IpAddress> told;
        for (const LiveAddress& live : node.live) {
            if (!is_ours(live.address) || leased.contains(live.address)) continue;
            if (is_of_another(live.address)) continue;
            if (is_duplicate(live.address) || !told.insert(live.address).second) continue;
            const std::set<std::string>& elsewhere = holders_.at(live.address).leases;
            add(FindingKind::unleased_address, to_string(live.address), node.node.name.text(),
                "on " + place_of(live) +
                    (elsewhere.empty() ? std::string{", leased to nobody"}
                                       : ", leased to " + joined(elsewhere)),
                "remove it, or let the node adopt it: flatlan ipam rebuild --force");
        }
    }

    /// Whether a node that was not looked at may have leased it: one machine can be several nodes.
    bool is_of_another(const IpAddress& address) const {
        if (!survey_.registry) return false;
        const auto& claims = survey_.registry->claims;
        return std::any_of(claims.begin(), claims.end(), [&](const BlockClaim& claim) {
            return claim.block.contains(address) &&
                   std::none_of(
                       survey_.nodes.begin(), survey_.nodes.end(),
                       [&](const NodeSurvey& node) { return node.node.name == claim.owner.name; });
        });
    }

    void check_overlaps() {
        struct Owned {
            IpPrefix block;
            std::string owner;
        };
        std::vector<Owned> owned;
        for (const NodeSurvey& node : survey_.nodes)
            for (const HeldBlock& held : node.pool.blocks)
                owned.push_back({held.block, node.node.name.text()});
        if (survey_.registry)
            for (const BlockClaim& claim : survey_.registry->claims)
                owned.push_back({claim.block, claim.owner.name.text()});
        // Sorted like this, a prefix stands before all that it contains.
        std::sort(owned.begin(), owned.end(), [](const Owned& a, const Owned& b) {
            return std::tie(a.block, a.owner) < std::tie(b.block, b.owner);
        });
        std::set<std::string> told;
        const Owned* around = nullptr;
        for (const Owned& each : owned) {
            const bool inside = around != nullptr && around->block.contains(each.block);
            if (!inside) around = &each;
            if (!inside || (around->block == each.block && around->owner == each.owner)) continue;
            const std::string subject = to_string(around->block) + " " + to_string(each.block);
            if (told.insert(subject + each.owner).second)
                add(FindingKind::overlapping_blocks, subject, around->owner,
                    "owned by " + around->owner + " and by " + each.owner,
                    "remove the pods in one of them, then give it back");
        }
    }

    void check_claims(const ClusterSurvey::Registry& registry) {
        const std::set<NodeIdentity> members{registry.members.begin(), registry.members.end()};
        std::set<std::pair<NodeIdentity, IpPrefix>> held;
        std::set<NodeIdentity> surveyed;
        for (const NodeSurvey& node : survey_.nodes) {
            surveyed.insert(node.node);
            for (const HeldBlock& block : node.pool.blocks)
                held.emplace(node.node, block.block);
        }
        std::set<std::pair<NodeIdentity, IpPrefix>> claimed;
        for (const BlockClaim& claim : registry.claims) {
            claimed.emplace(claim.owner, claim.block);
            const std::string block = to_string(claim.block);
            const std::string& owner = claim.owner.name.text();
            if (!members.contains(claim.owner)) {
                add(FindingKind::orphaned_block, block, owner, "its owner is no member any more",
                    "flatlan node remove " + owner);
                continue;
            }
            if (claim.state == ClaimState::pending)
                add(FindingKind::unconfirmed_claim, block, owner, "claimed and not confirmed",
                    "restart the node's daemon, which confirms it or gives it back");
            if (surveyed.contains(claim.owner) && !held.contains({claim.owner, claim.block}))
                add(FindingKind::orphaned_block, block, owner, "its owner does not have it",
                    "restart the node's daemon, which gives it back");
        }
        for (const NodeSurvey& node : survey_.nodes)
            for (const HeldBlock& block : node.pool.blocks)
                if (block.serving && !claimed.contains({node.node, block.block}))
                    add(FindingKind::unclaimed_block, to_string(block.block), node.node.name.text(),
                        "serves, and the registry has no claim of the node",
                        "restart the node's daemon, which claims it or drops it");
    }

    const ClusterSurvey& survey_;
    std::map<IpAddress, Holders> holders_;
    std::vector<Finding> findings_;
};

}  // namespace

std::string_view to_string(FindingKind kind) { return kWords[static_cast<std::size_t>(kind)]; }

std::vector<Finding> audit(const ClusterSurvey& survey) { return Audit{survey}.run(); }

std::vector<Lease> leaked_leases(const NodeSurvey& survey) {
    std::unordered_set<IpAddress> alive;
    for (const LiveAddress& live : survey.live)
        alive.insert(live.address);
    std::vector<Lease> leaked;
    for (const Lease& lease : survey.pool.leases) {
        if (lease.key.is_node() || survey.kept.contains(lease.key)) continue;
        const bool used =
            std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](IpFamily family) {
                const auto address = lease.addresses.find(family);
                return address && alive.contains(*address);
            });
        if (!used) leaked.push_back(lease);
    }
    return leaked;
}

}  // namespace flatlan::ipam
